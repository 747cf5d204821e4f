//! The tables.

use std::io::{self, Write};

use super::rounds::{Measured, ROUNDS};
use super::tenants::Distribution;

/// Prints one distribution's table; the ratios are against its first line.
pub(crate) fn table(
    out: &mut impl Write,
    distribution: &Distribution,
    measured: &[Measured],
) -> io::Result<()> {
    writeln!(out, "\n{distribution} (medians of {ROUNDS} rounds in turn)")?;
    writeln!(
        out,
        "{:<40}{:>10}{:>20}{:>14}{:>9}",
        "", "ns a hit", "fastest … slowest", "hits/s", "ratio"
    )?;
    let first = measured.first().map_or(1.0, |line| line.median);
    for line in measured {
        writeln!(
            out,
            "{:<40}{:>10.1}{:>20}{:>14.0}{:>9.2}",
            line.name,
            line.median,
            format!("{:.1} … {:.1}", line.fastest, line.slowest),
            line.per_second,
            line.median / first
        )?;
    }
    Ok(())
}
