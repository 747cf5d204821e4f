//! Logging is set up once for the whole process, hence a test process of its own.

use config::{LogFormat, LogSettings};
use server::telemetry::{self, Delivery, TelemetryError};

#[test]
fn a_wrong_filter_changes_nothing_and_a_second_logger_is_refused() {
    let settings = |filter: &str| LogSettings {
        format: LogFormat::Json,
        filter: filter.to_owned(),
    };
    match telemetry::init(&settings("server=loud"), Delivery::Direct) {
        Err(error @ TelemetryError::Filter(_)) => {
            assert!(
                error.to_string().starts_with("log.filter: \"server=loud\""),
                "{error}"
            );
        }
        other => panic!("{other:?}"),
    }
    telemetry::init(&settings("info,sqlx=warn"), Delivery::Direct).unwrap();
    assert!(matches!(
        telemetry::init(&settings("info"), Delivery::Direct),
        Err(TelemetryError::AlreadySet(_))
    ));
}
