//! What must hold between keys.

use super::{Key, Origin, Problem, Profile, gather::Gathered, kind::whole_number};

/// Every rule that the values break.
pub(super) fn broken(gathered: &Gathered) -> Vec<Problem> {
    let mut problems = Vec::new();
    if gathered.profile == Profile::Production {
        problems.extend(dev_keys(gathered));
    }
    for section in ["control_store", "data_cluster"] {
        problems.extend(unused_authority(gathered, section));
        problems.extend(half_bootstrap(gathered, section));
    }
    problems.extend(same_listener(gathered));
    for (key, limit) in [
        ("registry.max_connections_per_tenant", "registry.max_connections"),
        ("registry.warm_up", "registry.max_resident"),
        ("watchdog.session_lock_percent", "watchdog.tenant_lock_percent"),
    ] {
        problems.extend(above(gathered, key, limit));
    }
    problems
}

fn invalid(key: Key, origin: Origin, reason: String) -> Problem {
    Problem::Invalid { key, origin, reason }
}

fn dev_keys(gathered: &Gathered) -> impl Iterator<Item = Problem> {
    Key::all().filter(|key| key.section() == "dev").filter_map(|key| {
        let (_, origin) = gathered.get(key)?;
        Some(invalid(
            key,
            origin,
            "has a meaning in the dev profile only, and this is production".to_owned(),
        ))
    })
}

/// An authority that no TLS mode looks at: whoever set it believes the server's certificate is checked.
fn unused_authority(gathered: &Gathered, section: &str) -> Option<Problem> {
    let key = Key::find(&format!("{section}.tls_ca_file"))?;
    let (_, origin) = gathered.get(key)?;
    let (mode, mode_origin) = gathered.get_path(&format!("{section}.tls"))?;
    let mode = mode.as_str()?;
    (!mode.starts_with("verify-")).then(|| {
        let reason =
            format!("is read with tls = \"verify-ca\" or \"verify-full\", not with {mode:?} ({mode_origin})");
        invalid(key, origin, reason)
    })
}

fn half_bootstrap(gathered: &Gathered, section: &str) -> Option<Problem> {
    let user = Key::find(&format!("{section}.bootstrap_user"))?;
    let password = Key::find(&format!("{section}.bootstrap_password"))?;
    let (present, origin, absent) = match (gathered.get(user), gathered.get(password)) {
        (Some((_, origin)), None) => (user, origin, password),
        (None, Some((_, origin))) => (password, origin, user),
        _ => return None,
    };
    Some(invalid(present, origin, format!("needs {absent} beside it")))
}

fn same_listener(gathered: &Gathered) -> Option<Problem> {
    let key = Key::find("admin_plane.listen")?;
    let (admin, origin) = gathered.get(key)?;
    let (tenant, tenant_origin) = gathered.get_path("tenant_plane.listen")?;
    let address = admin.as_str()?;
    // Port 0 is another port each time.
    (Some(address) == tenant.as_str() && !address.ends_with(":0")).then(|| {
        invalid(
            key,
            origin,
            format!("{address} is tenant_plane.listen already ({tenant_origin})"),
        )
    })
}

/// A part that is larger than the whole, where both are given.
fn above(gathered: &Gathered, part: &str, whole: &str) -> Option<Problem> {
    let (part, whole) = (Key::find(part)?, Key::find(whole)?);
    let (number, origin) = count(gathered, part)?;
    let (limit, limit_origin) = count(gathered, whole)?;
    (number > limit).then(|| {
        let reason = format!("{number} is more than {whole}, which is {limit} ({limit_origin})");
        invalid(part, origin, reason)
    })
}

/// Nothing where the value is wrong by itself, which is a problem of its own.
fn count(gathered: &Gathered, key: Key) -> Option<(u128, Origin)> {
    let (value, origin) = gathered.get(key)?;
    key.kind().check(&value).ok()?;
    Some((whole_number(&value)?, origin))
}
