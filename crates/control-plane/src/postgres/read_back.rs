//! Start-up options of the service's own sessions, read back.
//!
//! What runs with the service's, the migrator's or a superuser's rights relies on its `search_path`, and nobody waits
//! without its time limits. A proxy may drop them without a word.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Row as _};

/// A start-up option that did not arrive.
#[derive(Debug, thiserror::Error)]
#[error(
    "the session has {setting} = '{found}' and not '{wanted}': a proxy or pooler in front of PostgreSQL drops \
     start-up options; connect without it, or have it pass them on"
)]
struct StartUpOptionLost {
    setting: String,
    found: String,
    wanted: String,
}

/// Refuses a session that does not have what its start-up options say.
pub(crate) async fn read_back(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
) -> Result<(), sqlx::Error> {
    let options = sent(options.get_options().unwrap_or_default());
    if options.is_empty() {
        return Ok(());
    }
    // PostgreSQL writes the wanted value as it writes the found one, for no longer than this statement.
    let columns = options.iter().map(|(setting, value)| {
        let (setting, value) = (quoted(setting), quoted(value));
        format!("pg_catalog.current_setting({setting}), pg_catalog.set_config({setting}, {value}, true)")
    });
    let sql = format!("SELECT {}", columns.collect::<Vec<_>>().join(", "));
    // Our own options, quoted. Not prepared: one round trip.
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

/// What was sent, of `-c name=value -c name=value …`. A later one of the same name holds.
fn sent(options: &str) -> Vec<(String, String)> {
    let mut sent: Vec<(String, String)> = Vec::new();
    for option in options.split("-c ").filter(|option| !option.is_empty()) {
        if let Some((setting, value)) = option.trim_end().split_once('=') {
            sent.retain(|(earlier, _)| earlier != setting);
            // As sqlx escapes spaces and backslashes.
            sent.push((
                setting.to_owned(),
                value.replace("\\ ", " ").replace("\\\\", "\\"),
            ));
        }
    }
    sent
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use sqlx::postgres::PgConnectOptions;

    use super::sent;

    #[test]
    fn what_was_sent_is_read_from_the_options() {
        let options = PgConnectOptions::new_without_pgpass()
            .options([("search_path", "pg_catalog,pg_temp"), ("lock_timeout", "5")])
            .options([("lock_timeout", "6"), ("application_name", "a b")]);
        let expected = [
            ("search_path", "pg_catalog,pg_temp"),
            ("lock_timeout", "6"),
            ("application_name", "a b"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(sent(options.get_options().unwrap()), expected);
    }
}
