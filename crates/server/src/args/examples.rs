//! Examples for each command's `--help` and manual page. Indented lines fit 80 columns, since a wrapped line cannot be
//! pasted unless it ends with a backslash.

pub(super) const TENANTRY: &str = "\
Exit codes:
  0    done
  1    refused, or failed
  2    wrong usage
  3    the service cannot be reached, or did not answer
  4    not authenticated, or not allowed
  5    doctor and examination: not everything could be examined
  130  interrupted while it waited; the operation goes on

Examples:
  tenantry                       run the service, with all it needs in .tenantry
  tenantry tenant create acme    beside it, in the same folder
  tenantry --profile production config check
  tenantry tenant list --url https://admin.example.org \\
      --token-file ~/.tenantry-token

A command that calls a service takes its URL from --url or TENANTRY_ADMIN_URL and its token from --token-file or \
TENANTRY_ADMIN_TOKEN. In the folder where the service was started it finds both without them.";

pub(super) const ADMIN_TOKEN: &str = "\
Examples:
  tenantry admin-token create ops --role operator --expires 90d
  tenantry admin-token list
  tenantry admin-token revoke 0b54cd4e-7a25-4b5c-9c0a-6cd1a6f8cbb1";

pub(super) const COMPLETIONS: &str = "\
Examples:
  tenantry completions bash > /etc/bash_completion.d/tenantry
  tenantry completions zsh > \"${fpath[1]}/_tenantry\"
  tenantry completions fish > ~/.config/fish/completions/tenantry.fish";

pub(super) const MAN: &str = "\
Examples:
  tenantry man | man --local-file -
  tenantry man /usr/local/share/man/man1";

pub(super) const DB_PSQL: &str = "\
Examples:
  tenantry db psql
  tenantry db psql control
  tenantry db psql --tenant acme
  tenantry db psql --tenant acme -- --command 'SELECT * FROM app.users'";
