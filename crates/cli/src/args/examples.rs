//! Texts below each command's `--help`, and in its manual page. Indented lines fit 80 columns: a line that is broken
//! elsewhere than at a backslash cannot be pasted.

pub(super) const TENANT: &str = "\
Examples:
  tenantry tenant create acme
  tenantry tenant list --state suspended
  tenantry tenant suspend acme
  tenantry tenant show 0b54cd4e-7a25-4b5c-9c0a-6cd1a6f8cbb1 --json

A tenant is named by its id or by its name. A name that reads as an id is taken for an id.";

pub(super) const TENANT_CREATE: &str = "\
Examples:
  tenantry tenant create acme
  tenantry tenant create acme --external-id crm-4711 --max-connections 10 \\
      --metadata '{\"plan\": \"gold\"}'
  tenantry tenant create acme --no-wait --json";

pub(super) const TENANT_LIST: &str = "\
Examples:
  tenantry tenant list
  tenantry tenant list --name-prefix acme- --limit 10
  tenantry tenant list --all --json | jq --raw-output '.items[].id'";

pub(super) const TENANT_CHANGE: &str = "\
Examples:
  tenantry tenant change acme --name 'Acme Ltd'
  tenantry tenant change acme --max-connections 20 --reserved-connections 2
  tenantry tenant change acme --no-external-id --metadata @acme.json \\
      --if-match 7";

pub(super) const TENANT_DELETE: &str = "\
Examples:
  tenantry tenant delete acme
  tenantry tenant delete acme --grace 30d --yes";

pub(super) const TENANT_PURGE: &str = "\
Examples:
  tenantry tenant purge acme
  tenantry tenant purge acme --yes --no-wait";

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
