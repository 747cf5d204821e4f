//! A panic is a line of the log. The hook and the logger are the process's, hence a test process of its own, which runs
//! itself once more.

use std::process::Command;

use config::{LogFormat, LogSettings};
use serde_json::Value;
use server::telemetry::{self, Delivery};

/// Set for the process that panics.
const PANICS: &str = "TENANTRY_TEST_PANICS";

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "it tells the two processes of the test apart"
)]
fn a_panic_is_one_json_line_with_its_place() {
    if std::env::var_os(PANICS).is_some() {
        let settings = LogSettings {
            format: LogFormat::Json,
            filter: "info".to_owned(),
        };
        telemetry::init(&settings, Delivery::Direct).unwrap();
        let thread = std::thread::Builder::new().name("worker".to_owned());
        let ended = thread.spawn(|| panic!("one\n\"two\" {}", 3)).unwrap().join();
        assert!(ended.is_err());
        return;
    }
    let name = "a_panic_is_one_json_line_with_its_place";
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", name, "--nocapture"]).env(PANICS, "1");
    let output = again.env_remove("RUST_BACKTRACE").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let log = String::from_utf8(output.stderr).unwrap();
    let [line] = log.lines().collect::<Vec<_>>()[..] else {
        panic!("{log}")
    };
    let event: Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (&event["level"], &event["message"]),
        (&"ERROR".into(), &"panicked".into())
    );
    assert_eq!(event["panic"], "one\n\"two\" 3");
    assert_eq!(event["thread"], "worker");
    let location = event["location"].as_str().unwrap();
    assert!(location.contains("tests/panics.rs:"), "{location}");
    assert!(event.get("backtrace").is_none(), "{event}");
}
