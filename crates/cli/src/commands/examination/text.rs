//! Examinations for people: findings with their place, their risk and the SQL that closes them.

use std::fmt;
use std::time::Duration;

use admin_types::{Examination, Finding};
use humantime_serde::re::humantime::format_duration;

use super::verdict::Verdict;
use crate::text::{counted, printable};

/// An examination for people.
pub(super) struct Text<'a>(pub(super) &'a Examination);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(examination) = self;
        // Sorted by place and code. A managed PostgreSQL has dozens of findings that differ in the object alone.
        for alike in examination.findings.chunk_by(is_alike) {
            show(alike, f)?;
        }
        f.write_str(match Verdict::of(examination) {
            Verdict::NotKnown => {
                "It is NOT KNOWN whether tenants are kept apart: not everything could be examined."
            }
            Verdict::Unsound => "Tenants are NOT KEPT APART.",
            Verdict::Sound => "Tenants are kept apart.",
        })?;
        match examination.serving {
            None => {}
            // The decision of the service, not its availability.
            Some(true) => f.write_str(" Tenants are let in.")?,
            Some(false) => {
                f.write_str(" Tenants are NOT let in until the service has found that they are.")?;
            }
        }
        let (mut errors, mut warnings) = (0, 0);
        for finding in &examination.findings {
            *(if is_error(finding) {
                &mut errors
            } else {
                &mut warnings
            }) += 1;
        }
        write!(
            f,
            "\n{}, {}. Read: {}. ",
            counted(errors, "error"),
            counted(warnings, "warning"),
            if examination.examined.is_empty() {
                "nothing".to_owned()
            } else {
                printable(&examination.examined.join(", "))
            },
        )?;
        match &examination.probed {
            Some(probed) => write!(
                f,
                "Probed: {} on {}. ",
                counted(probed.attempts, "attempt"),
                counted(probed.tables, "table"),
            )?,
            None => f.write_str("Not probed. ")?,
        }
        write!(f, "Took {} ms", examination.took_ms)?;
        if let Some(age) = examination.age_ms.map(|age| Duration::from_secs(age / 1000))
            && !age.is_zero()
        {
            write!(f, ", {} ago", format_duration(age))?;
        }
        f.write_str(".")
    }
}

fn is_error(finding: &Finding) -> bool {
    finding.severity == "error"
}

/// Whether two findings differ in nothing but object, description and SQL.
fn is_alike(one: &Finding, other: &Finding) -> bool {
    one.severity == other.severity
        && one.code == other.code
        && one.place == other.place
        && one.risk == other.risk
        && one.remedy.is_some() == other.remedy.is_some()
}

/// Shows findings that are alike, with their risk once. Names in them may have been chosen by an attacker, so they are
/// escaped.
fn show(alike: &[Finding], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let [first, others @ ..] = alike else {
        return Ok(());
    };
    let weight = if is_error(first) { "ERROR" } else { "warning" };
    let place = printable(&first.place);
    write!(f, "{weight}  {}  in {place}", printable(&first.code))?;
    if !others.is_empty() {
        write!(f, ", {} times", alike.len())?;
    }
    writeln!(f)?;
    for finding in alike {
        writeln!(
            f,
            "    {}: {}.",
            printable(&finding.object),
            printable(&finding.wrong)
        )?;
    }
    writeln!(f, "    {}", printable(&first.risk))?;
    if first.remedy.is_some() {
        let them = if others.is_empty() { "it" } else { "them" };
        writeln!(f, "    To close {them}, in {place}:")?;
        for statement in alike
            .iter()
            .filter_map(|finding| finding.remedy.as_deref())
            .flat_map(|remedy| remedy.split("; "))
        {
            writeln!(f, "        {};", printable(statement))?;
        }
    } else {
        writeln!(
            f,
            "    No SQL closes {}.",
            if others.is_empty() { "it" } else { "them" }
        )?;
    }
    writeln!(f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(object: &str, place: &str, remedy: Option<&str>) -> Finding {
        Finding {
            code: "SYSTEM_FUNCTION_OPEN".into(),
            severity: "warning".into(),
            place: place.to_owned(),
            object: object.to_owned(),
            wrong: format!("PUBLIC may execute {object}"),
            risk: "Tenants reach others with it.".into(),
            remedy: remedy.map(str::to_owned),
        }
    }

    #[test]
    fn findings_that_are_alike_share_a_paragraph() {
        let examination = Examination {
            serving: None,
            age_ms: None,
            sound: true,
            complete: Some(true),
            findings: vec![
                finding("lo_get(oid)", "a", Some("REVOKE 1; REVOKE 2")),
                finding("lo_put(oid)", "a", Some("REVOKE 3")),
                finding("lo_put(oid)", "a", None),
                finding("lo_put(oid)", "b", Some("REVOKE\n4")),
            ],
            examined: vec!["a".to_owned(), "b".to_owned()],
            probed: None,
            examined_at: None,
            took_ms: 7,
        };
        assert_eq!(
            Text(&examination).to_string(),
            "\
warning  SYSTEM_FUNCTION_OPEN  in a, 2 times
    lo_get(oid): PUBLIC may execute lo_get(oid).
    lo_put(oid): PUBLIC may execute lo_put(oid).
    Tenants reach others with it.
    To close them, in a:
        REVOKE 1;
        REVOKE 2;
        REVOKE 3;

warning  SYSTEM_FUNCTION_OPEN  in a
    lo_put(oid): PUBLIC may execute lo_put(oid).
    Tenants reach others with it.
    No SQL closes it.

warning  SYSTEM_FUNCTION_OPEN  in b
    lo_put(oid): PUBLIC may execute lo_put(oid).
    Tenants reach others with it.
    To close it, in b:
        REVOKE\\n4;

Tenants are kept apart.
0 errors, 4 warnings. Read: a, b. Not probed. Took 7 ms."
        );
    }
}
