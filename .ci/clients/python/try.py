"""Both planes by the clients that openapi-python-client generates from the descriptions: `tenant` and `admin`.

Takes TENANT_PLANE, ADMIN_PLANE (base URLs) and ADMIN_TOKEN from the environment.
"""

import os
from uuid import uuid4

from admin import AuthenticatedClient as AdminClient
from admin.api.api_keys import create_api_key
from admin.api.tenants import change_tenant, create_tenant, delete_tenant, list_tenants, show_tenant
from admin.models import ChangeTenant, ChangeTenantMetadata, CreateApiKey, CreateTenant
from tenant import AuthenticatedClient as TenantClient
from tenant.api.users import change_user, create_user, delete_user, list_users, show_user
from tenant.models import ChangeUser, NewUser


def tried(response, status):
    """What an answer of this status decodes to."""
    assert response.status_code == status, response.content
    return response.parsed


with AdminClient(os.environ["ADMIN_PLANE"], os.environ["ADMIN_TOKEN"]) as admin:
    name = f"python-{uuid4()}x"
    tenant = tried(create_tenant.sync_detailed(client=admin, body=CreateTenant(name)), 201)
    assert tenant.state == "active", tenant
    page = tried(list_tenants.sync_detailed(client=admin, name_prefix=name, limit=1), 200)
    assert [item.id for item in page.items] == [tenant.id], page
    key = tried(create_api_key.sync_detailed(tenant.id, client=admin, body=CreateApiKey("python")), 201)

    with TenantClient(os.environ["TENANT_PLANE"], key.secret) as users:
        page = tried(list_users.sync_detailed(client=users), 200)
        assert page.items == [] and page.next_cursor is None, page

        user = tried(create_user.sync_detailed(client=users, body=NewUser("Ada Lovelace")), 201)
        assert not user.confirmed, user
        assert tried(show_user.sync_detailed(user.id, client=users), 200) == user

        missing = tried(show_user.sync_detailed(tenant.id, client=users), 404)
        assert missing.code == "NOT_FOUND", missing
        invalid = tried(create_user.sync_detailed(client=users, body=NewUser("")), 422)
        assert invalid.code == "VALIDATION", invalid
        assert [error.field for error in invalid.errors] == ["name"], invalid

        changed = tried(change_user.sync_detailed(user.id, client=users, body=ChangeUser(confirmed=True)), 200)
        assert changed.confirmed and changed.name == user.name, changed

        tried(delete_user.sync_detailed(user.id, client=users), 204)
        assert tried(show_user.sync_detailed(user.id, client=users), 404).code == "NOT_FOUND"

    with TenantClient(os.environ["TENANT_PLANE"], "none") as stranger:
        assert tried(list_users.sync_detailed(client=stranger), 401).code == "UNAUTHENTICATED"

    # A change of a tenant names the version that it changes.
    shown = show_tenant.sync_detailed(tenant.id, client=admin)
    metadata = ChangeTenantMetadata.from_dict({"plan": "gold"})
    change = ChangeTenant(metadata=metadata)
    changed = change_tenant.sync_detailed(tenant.id, client=admin, body=change, if_match=shown.headers["etag"])
    assert tried(changed, 200).metadata.to_dict() == metadata.to_dict(), changed
    tried(delete_tenant.sync_detailed(tenant.id, client=admin), 200)
