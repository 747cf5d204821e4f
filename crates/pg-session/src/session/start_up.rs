//! Start-up options of a tenant's session.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::SessionSettings;

/// The first version with `transaction_timeout`. Older servers refuse a login that sends it.
const TRANSACTION_TIMEOUT_SINCE: u32 = 170_000;

/// A setting, the value sent, and the value that `current_setting` displays.
pub(super) struct StartUpOption {
    pub(super) setting: &'static str,
    sent: String,
    pub(super) displayed: String,
}

impl StartUpOption {
    fn text(setting: &'static str, value: &str) -> Self {
        Self {
            setting,
            sent: value.to_owned(),
            displayed: value.to_owned(),
        }
    }

    fn time(setting: &'static str, limit: Duration) -> Self {
        let milliseconds = limit.as_millis();
        Self {
            setting,
            sent: milliseconds.to_string(),
            displayed: display_time(milliseconds),
        }
    }
}

/// The start-up options of a session on a server of this version.
pub(super) fn start_up_options(settings: &SessionSettings, server_version: u32) -> Vec<StartUpOption> {
    let mut options = vec![
        StartUpOption::text("search_path", "pg_catalog"),
        StartUpOption::text("role", "none"),
        StartUpOption::text("row_security", "on"),
        StartUpOption::text("default_transaction_isolation", "read committed"),
        StartUpOption::time("statement_timeout", settings.statement_timeout),
        StartUpOption::time("lock_timeout", settings.lock_timeout),
        StartUpOption::time(
            "idle_in_transaction_session_timeout",
            settings.idle_in_transaction_timeout,
        ),
        // With these a login could lock itself out: a missing library ends its later sessions at once, as does a very
        // short idle or transaction timeout.
        StartUpOption::text("local_preload_libraries", ""),
        StartUpOption::time("idle_session_timeout", Duration::ZERO),
        // The same, by ending the session at its first error or at a slow answer.
        StartUpOption::text("exit_on_error", "off"),
        StartUpOption::time("tcp_user_timeout", Duration::ZERO),
        // The meaning of statements and results must not depend on the login's own settings.
        StartUpOption::text("standard_conforming_strings", "on"),
        StartUpOption::text("bytea_output", "hex"),
        StartUpOption::text("IntervalStyle", "postgres"),
        // Notices are not read; the ROLLBACK of a clean-up would cause one each time.
        StartUpOption::text("client_min_messages", "error"),
        // A backend whose client is gone ends its query within this time, from PostgreSQL 14 on.
        StartUpOption::time("client_connection_check_interval", Duration::from_millis(200)),
    ];
    if server_version >= TRANSACTION_TIMEOUT_SINCE {
        options.push(StartUpOption::time("transaction_timeout", Duration::ZERO));
    }
    options
}

/// Adds the start-up options for a server of this version; zero if unknown.
pub fn options(
    connect: PgConnectOptions,
    settings: &SessionSettings,
    server_version: u32,
) -> PgConnectOptions {
    let options = start_up_options(settings, server_version);
    connect
        .application_name(&settings.application_name)
        .options(options.into_iter().map(|option| (option.setting, option.sent)))
}

/// A time as PostgreSQL displays it: in the largest unit that divides it
/// (`convert_int_from_base_unit` in `src/backend/utils/misc/guc.c`).
fn display_time(milliseconds: u128) -> String {
    if milliseconds == 0 {
        return "0".to_owned();
    }
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    let whole = units
        .into_iter()
        .find(|(unit, _)| milliseconds.is_multiple_of(*unit));
    let (unit, name) = whole.unwrap_or((1, "ms"));
    format!("{}{name}", milliseconds / unit)
}

#[cfg(test)]
mod tests {
    use super::display_time;

    #[test]
    fn a_time_is_shown_in_the_largest_unit_that_divides_it() {
        let times = [
            (0, "0"),
            (1, "1ms"),
            (1_500, "1500ms"),
            (15_000, "15s"),
            (90_000, "90s"),
            (120_000, "2min"),
            (3_600_000, "1h"),
            (172_800_000, "2d"),
        ];
        for (milliseconds, expected) in times {
            assert_eq!(display_time(milliseconds), expected);
        }
    }
}
