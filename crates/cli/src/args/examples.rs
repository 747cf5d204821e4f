//! Texts below each command's `--help`, and in its manual page. Indented lines fit 80 columns: a line that is broken
//! elsewhere than at a backslash cannot be pasted.

/// These examples, and the limits that --limit takes.
macro_rules! with_limits {
    ($examples:literal) => {
        concat!(
            $examples,
            "\n\n\
Limits:
  requests_per_second   requests a second, in the long run
  burst                 requests at once, before the rate holds
  concurrent_requests   requests at the same time
  request_timeout_ms    milliseconds until a response has begun
  statement_timeout_ms  milliseconds that one statement may run
  request_body_bytes    bytes of a request's body
  response_body_bytes   bytes of a response's body"
        )
    };
}

pub(super) const TENANT: &str = "\
Examples:
  tenantry tenant create acme
  tenantry tenant list --state suspended
  tenantry tenant suspend acme
  tenantry tenant show 0b54cd4e-7a25-4b5c-9c0a-6cd1a6f8cbb1 --json

A tenant is named by its id or by its name. A name that reads as an id is taken for an id.";

pub(super) const TENANT_CREATE: &str = with_limits!(
    "\
Examples:
  tenantry tenant create acme
  tenantry tenant create acme --external-id crm-4711 --max-connections 10 \\
      --metadata '{\"region\": \"eu\"}'
  tenantry tenant create acme --plan pro --limit burst=none --no-wait --json"
);

pub(super) const TENANT_LIST: &str = "\
Examples:
  tenantry tenant list
  tenantry tenant list --name-prefix acme- --limit 10
  tenantry tenant list --all --json | jq --raw-output '.items[].id'";

pub(super) const TENANT_CHANGE: &str = with_limits!(
    "\
Examples:
  tenantry tenant change acme --name 'Acme Ltd'
  tenantry tenant change acme --max-connections 20 --reserved-connections 2
  tenantry tenant change acme --no-external-id --metadata @acme.json \\
      --if-match 7
  tenantry tenant change acme --plan pro --limit requests_per_second=50 \\
      --limit burst=none --limit concurrent_requests=plan"
);

pub(super) const TENANT_DELETE: &str = "\
Examples:
  tenantry tenant delete acme
  tenantry tenant delete acme --grace 30d --yes";

pub(super) const TENANT_PURGE: &str = "\
Examples:
  tenantry tenant purge acme
  tenantry tenant purge acme --yes --no-wait";

pub(super) const PLAN: &str = "\
Examples:
  tenantry plan list
  tenantry plan create pro --limit requests_per_second=50 --limit burst=100
  tenantry plan change pro --limit concurrent_requests=20
  tenantry tenant change acme --plan pro

Each tenant has a plan. The plan default is that of tenants that are given no other.";

pub(super) const PLAN_CREATE: &str = with_limits!(
    "\
Examples:
  tenantry plan create free --limit requests_per_second=5 \\
      --limit concurrent_requests=2
  tenantry plan create pro --description 'Customers with a contract.' \\
      --limit requests_per_second=50 --limit burst=100 \\
      --limit request_timeout_ms=10000 --limit statement_timeout_ms=5000"
);

pub(super) const PLAN_CHANGE: &str = with_limits!(
    "\
Examples:
  tenantry plan change pro --limit requests_per_second=80 --limit burst=none
  tenantry plan change default --limit requests_per_second=5
  tenantry plan change pro --description 'As of 2027.' --if-match 3"
);

pub(super) const API_KEY: &str = "\
Examples:
  tenantry api-key create acme ci --expires 90d
  tenantry api-key list --tenant acme
  tenantry api-key list --prefix tnt_key_3fB9";

pub(super) const API_KEY_CREATE: &str = "\
Examples:
  tenantry api-key create acme ci --expires 90d
  tenantry api-key create acme reports --scope read
  tenantry api-key create acme ci --json | jq --raw-output .secret";

pub(super) const API_KEY_EXPIRE: &str = "\
Examples:
  tenantry api-key expire 0b54cd4e-7a25-4b5c-9c0a-6cd1a6f8cbb1 24h
  tenantry api-key expire 0b54cd4e-7a25-4b5c-9c0a-6cd1a6f8cbb1 \\
      2027-01-31T12:00:00Z
  tenantry api-key expire 0b54cd4e-7a25-4b5c-9c0a-6cd1a6f8cbb1 never";

pub(super) const POOL: &str = "\
Examples:
  tenantry pool list
  tenantry pool warm acme

Each instance has pools of its own, and the one that answers shows its own.";

pub(super) const OPERATION: &str = "\
Examples:
  tenantry operation list --state running
  tenantry operation list --tenant acme
  tenantry operation wait 0b54cd4e-7a25-4b5c-9c0a-6cd1a6f8cbb1 \\
      --wait-timeout 10m";

pub(super) const ISSUER: &str = "\
Examples:
  tenantry issuer list
  tenantry issuer list --json | jq '.items[] | select(.state != \"current\")'

They are configured in tenant_plane.jwt.issuers. Each instance fetches their keys itself, and the one that answers shows \
its own.";

pub(super) const AUDIT: &str = "\
Examples:
  tenantry audit list --since 24h --outcome refused
  tenantry audit list --tenant acme --all --json";
