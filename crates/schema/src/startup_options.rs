//! Verification of start-up options in the service's own sessions.
//!
//! Sessions of the service, the migrator and superusers rely on their `search_path` and time limits, and a proxy may
//! drop start-up options silently.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Row as _};

/// A start-up option that did not arrive.
#[derive(Debug, thiserror::Error)]
#[error(
    "the session has {setting} = '{found}' instead of '{wanted}': a proxy or pooler in front of PostgreSQL drops \
     start-up options; connect without it, or have it pass them on"
)]
struct StartUpOptionLost {
    setting: String,
    found: String,
    wanted: String,
}

/// Refuses a session whose settings differ from its start-up options.
///
/// # Errors
/// When an option was lost, or the query fails.
pub async fn verify_startup_options(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
) -> Result<(), sqlx::Error> {
    let options = parse(options.get_options().unwrap_or_default());
    if options.is_empty() {
        return Ok(());
    }
    // Setting the value for this one statement gives it PostgreSQL's spelling, such as that of units.
    let columns = options.iter().map(|(setting, value)| {
        let (setting, value) = (quoted(setting), quoted(value));
        format!("pg_catalog.current_setting({setting}), pg_catalog.set_config({setting}, {value}, true)")
    });
    let sql = format!("SELECT {}", columns.collect::<Vec<_>>().join(", "));
    // The text holds our own options, quoted. Not prepared, so that it takes one round trip.
    let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(connection).await?;
    for (number, (setting, _)) in options.into_iter().enumerate() {
        let (found, wanted): (String, String) = (row.try_get(2 * number)?, row.try_get(2 * number + 1)?);
        if found != wanted {
            let lost = StartUpOptionLost {
                setting,
                found,
                wanted,
            };
            return Err(sqlx::Error::Configuration(Box::new(lost)));
        }
    }
    Ok(())
}

/// Parses `-c name=value -c name=value …`. The last value of a name counts.
fn parse(options: &str) -> Vec<(String, String)> {
    let mut parsed: Vec<(String, String)> = Vec::new();
    for option in options.split("-c ").filter(|option| !option.is_empty()) {
        if let Some((setting, value)) = option.trim_end().split_once('=') {
            parsed.retain(|(earlier, _)| earlier != setting);
            // sqlx escapes spaces and backslashes.
            parsed.push((
                setting.to_owned(),
                value.replace("\\ ", " ").replace("\\\\", "\\"),
            ));
        }
    }
    parsed
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use sqlx::postgres::PgConnectOptions;

    use super::parse;

    #[test]
    fn options_are_parsed_and_the_last_value_counts() {
        let options = PgConnectOptions::new_without_pgpass()
            .options([("search_path", "pg_catalog,pg_temp"), ("lock_timeout", "5")])
            .options([("lock_timeout", "6"), ("application_name", "a b")]);
        let expected = [
            ("search_path", "pg_catalog,pg_temp"),
            ("lock_timeout", "6"),
            ("application_name", "a b"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parse(options.get_options().unwrap()), expected);
    }
}
