//! The databases that each command works on. None is started.

use std::fs;

use super::operator::run;
use super::process::{Folder, output};

/// All that `migrate` and `doctor` want of production, with nothing that would answer.
const PRODUCTION: [(&str, &str); 6] = [
    ("TENANTRY_CONTROL_STORE__HOST", "127.0.0.1"),
    ("TENANTRY_CONTROL_STORE__SERVICE_PASSWORD", "x"),
    ("TENANTRY_CONTROL_STORE__MIGRATOR_PASSWORD", "x"),
    ("TENANTRY_DATA_CLUSTER__HOST", "127.0.0.1"),
    ("TENANTRY_DATA_CLUSTER__SERVICE_PASSWORD", "x"),
    ("TENANTRY_DATA_CLUSTER__MIGRATOR_PASSWORD", "x"),
];

const ON_THE_DATABASES: [(&[&str], i32); 3] = [
    (&["migrate"], 1),
    (&["doctor"], 5),
    (&["admin-token", "create", "ops", "--role", "viewer"], 1),
];

#[tokio::test]
async fn only_the_service_and_db_start_a_private_postgresql() {
    let folder = Folder::new();
    for (arguments, code) in ON_THE_DATABASES {
        let (status, said, error) = output(folder.command(arguments)).await;
        assert_eq!(status, Some(code), "{arguments:?}: {said}{error}");
        for hint in ["no PostgreSQL runs", "tenantry serve", "--profile production"] {
            assert!(error.contains(hint), "{arguments:?}: {error}");
        }
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            0,
            "{arguments:?} made something"
        );
    }
    // Not in the folder of a service that was stopped either.
    let mut service = folder.serve();
    service.banner().await;
    service.stop().await;
    for (arguments, code) in ON_THE_DATABASES {
        let (status, _, error) = output(folder.command(arguments)).await;
        assert_eq!(status, Some(code), "{arguments:?}: {error}");
        assert!(error.contains("no PostgreSQL runs"), "{arguments:?}: {error}");
        assert!(
            !folder
                .path()
                .join(".tenantry/postgres/data/postmaster.pid")
                .exists()
        );
    }
}

#[tokio::test]
async fn beside_a_service_of_the_dev_profile_no_command_works_on_production() {
    let folder = Folder::new();
    let mut service = folder.serve();
    service.banner().await;
    let production = |arguments: &[&str]| {
        let mut command = folder.command(&[arguments, &["--profile", "production"]].concat());
        command
            .envs(PRODUCTION)
            .env("TENANTRY_ADMIN_PLANE__TOKEN", "x".repeat(32));
        command
    };
    for (arguments, code) in ON_THE_DATABASES.into_iter().chain([(&["tenant", "list"][..], 1)]) {
        let said = run(production(arguments)).await;
        assert_eq!(said.code, Some(code), "{arguments:?}: {said:?}");
        for hint in ["runs in this folder", "dev profile", "another folder"] {
            assert!(said.err.contains(hint), "{arguments:?}: {said:?}");
        }
    }
    // Named by its URL, whichever service it is, it is meant.
    let said = run(production(&["tenant", "list", "--url", "http://127.0.0.1:1"])).await;
    assert_eq!(said.code, Some(3), "{said:?}");
    // What the file of a killed service says is over.
    service.kill().await;
    assert!(folder.path().join(".tenantry/service.json").exists());
    let said = run(production(&["migrate"])).await;
    assert!(!said.err.contains("runs in this folder"), "{said:?}");
    // But its PostgreSQL runs on, and is the one of this folder.
    let said = run(folder.command(&["migrate"])).await;
    assert_eq!(said.code, Some(0), "{said:?}");
}
