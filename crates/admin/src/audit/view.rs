//! Response view of an audit entry.

use control_plane::AuditRecord;

/// Shows an audit entry.
pub(super) fn entry(record: AuditRecord) -> admin_types::AuditEntry {
    admin_types::AuditEntry {
        id: record.id,
        at: record.at.into(),
        actor: record.actor,
        token_id: record.token_id,
        role: record.role,
        source: record.source,
        request_id: record.request_id,
        action: record.action,
        outcome: record.outcome,
        code: record.code,
        tenant_id: record.tenant_id,
        target: record.target,
        before: record.before.map(Into::into),
        after: record.after.map(Into::into),
    }
}
