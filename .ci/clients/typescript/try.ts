// Both planes by clients of openapi-fetch, whose types openapi-typescript generates from the descriptions.
//
// Takes TENANT_PLANE, ADMIN_PLANE (base URLs) and ADMIN_TOKEN from the environment.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import createClient from "openapi-fetch";
import type { components as Admin, paths as AdminPaths } from "./admin.js";
import type { components as Tenant, paths as TenantPaths } from "./tenant.js";

function environment(name: string): string {
  const value = process.env[name];
  assert(value, `${name} is not set`);
  return value;
}

const client = <Paths extends {}>(plane: string, token: string) =>
  createClient<Paths>({ baseUrl: environment(plane), headers: { authorization: `Bearer ${token}` } });

const admin = client<AdminPaths>("ADMIN_PLANE", environment("ADMIN_TOKEN"));
const name = `typescript-${randomUUID()}x`;
const created = await admin.POST("/admin/v1/tenants", { body: { name } });
// 202 would be an operation.
assert(created.data && "name" in created.data, JSON.stringify(created));
const tenant: Admin["schemas"]["Tenant"] = created.data;
assert.equal(tenant.state, "active");

const listed = await admin.GET("/admin/v1/tenants", { params: { query: { name_prefix: name, limit: 1 } } });
assert.deepEqual(listed.data?.items.map(({ id }) => id), [tenant.id]);

const path = { id: tenant.id };
const key = await admin.POST("/admin/v1/tenants/{id}/api-keys", {
  params: { path },
  body: { name: "typescript", scopes: ["read", "write"] },
});
assert(key.data?.secret, JSON.stringify(key.error));

const users = client<TenantPaths>("TENANT_PLANE", key.data.secret);
const empty = await users.GET("/v1/users");
assert.deepEqual(empty.data, { items: [], next_cursor: null });

const ada = await users.POST("/v1/users", { body: { name: "Ada Lovelace" } });
assert(ada.data, JSON.stringify(ada.error));
const user: Tenant["schemas"]["User"] = ada.data;
assert.equal(user.confirmed, false);
const one = { params: { path: { id: user.id } } };
assert.deepEqual((await users.GET("/v1/users/{id}", one)).data, user);

const missing = await users.GET("/v1/users/{id}", { params: { path: { id: tenant.id } } });
assert.equal(missing.response.status, 404);
assert.equal(missing.error?.code, "NOT_FOUND");

const invalid = await users.POST("/v1/users", { body: { name: "" } });
assert.equal(invalid.response.status, 422);
assert(invalid.error?.code === "VALIDATION");
assert.deepEqual(invalid.error.errors?.map(({ field }) => field), ["name"]);

const changed = await users.PATCH("/v1/users/{id}", { ...one, body: { confirmed: true } });
assert.equal(changed.data?.confirmed, true);
assert.equal(changed.data.name, user.name);

assert.equal((await users.DELETE("/v1/users/{id}", one)).response.status, 204);
assert.equal((await users.GET("/v1/users/{id}", one)).error?.code, "NOT_FOUND");

const stranger = client<TenantPaths>("TENANT_PLANE", "none");
assert.equal((await stranger.GET("/v1/users")).error?.code, "UNAUTHENTICATED");

// Unlike an API key, a tenant has a version, which its changes must name.
const shown = await admin.GET("/admin/v1/tenants/{id}", { params: { path } });
const tag = shown.response.headers.get("etag");
assert(tag);
const renamed = await admin.PATCH("/admin/v1/tenants/{id}", {
  params: { path, header: { "If-Match": tag } },
  body: { metadata: { plan: "gold" } },
});
assert.deepEqual(renamed.data?.metadata, { plan: "gold" });
const removed = await admin.DELETE("/admin/v1/tenants/{id}", { params: { path } });
assert.equal(removed.response.status, 200);
