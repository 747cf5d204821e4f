//! Finds, starts and stops a private PostgreSQL server for development and tests.
