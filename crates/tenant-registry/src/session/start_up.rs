//! Start-up options of a tenant's session.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::SessionSettings;

/// The first version with `transaction_timeout`. An older server refuses a login that sends it.
const TRANSACTION_TIMEOUT: u32 = 170_000;

/// A setting, the value that is sent, and how `current_setting` shows it.
pub(super) struct StartUp {
    pub(super) setting: &'static str,
    sent: String,
    pub(super) shown: String,
}

impl StartUp {
    fn text(setting: &'static str, value: &str) -> Self {
        Self {
            setting,
            sent: value.to_owned(),
            shown: value.to_owned(),
        }
    }

    fn time(setting: &'static str, limit: Duration) -> Self {
        let milliseconds = limit.as_millis();
        Self {
            setting,
            sent: milliseconds.to_string(),
            shown: shown(milliseconds),
        }
    }
}

/// What every session on a server of this version starts with.
pub(super) fn start_up(settings: &SessionSettings, server_version: u32) -> Vec<StartUp> {
    let mut all = vec![
        StartUp::text("search_path", "pg_catalog"),
        StartUp::text("role", "none"),
        StartUp::text("row_security", "on"),
        StartUp::text("default_transaction_isolation", "read committed"),
        StartUp::time("statement_timeout", settings.statement_timeout),
        StartUp::time("lock_timeout", settings.lock_timeout),
        StartUp::time(
            "idle_in_transaction_session_timeout",
            settings.idle_in_transaction_timeout,
        ),
        // With these a login could lock itself out: a library that does not exist ends every later session of its
        // own at once, and so would a moment's idleness or a transaction of a millisecond.
        StartUp::text("local_preload_libraries", ""),
        StartUp::time("idle_session_timeout", Duration::ZERO),
        // Nobody reads notices; the ROLLBACK of a clean-up would cause one each time.
        StartUp::text("client_min_messages", "error"),
        // A backend whose client is gone ends its query within this, PostgreSQL 14 on.
        StartUp::time("client_connection_check_interval", Duration::from_millis(200)),
    ];
    if server_version >= TRANSACTION_TIMEOUT {
        all.push(StartUp::time("transaction_timeout", Duration::ZERO));
    }
    all
}

/// Adds the start-up options for a server of this version; zero where it is not known.
pub(crate) fn options(
    connect: PgConnectOptions,
    settings: &SessionSettings,
    server_version: u32,
) -> PgConnectOptions {
    let all = start_up(settings, server_version);
    connect
        .application_name(&settings.application_name)
        .options(all.into_iter().map(|option| (option.setting, option.sent)))
}

/// As PostgreSQL shows a time: in the largest unit that divides it
/// (`convert_int_from_base_unit` in `src/backend/utils/misc/guc.c`).
fn shown(milliseconds: u128) -> String {
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
    use super::shown;

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
            assert_eq!(shown(milliseconds), expected);
        }
    }
}
