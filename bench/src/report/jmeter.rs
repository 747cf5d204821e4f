//! The columns of `JMeter`'s summary report, as CSV.

use super::Report;
use crate::load::LoadSummary;

const HEADER: &str =
    "Label,# Samples,Average,Min,Max,Std. Dev.,Error %,Throughput,Received KB/sec,Sent KB/sec,Avg. Bytes\n";

/// A line for each contender of each scenario. Milliseconds and requests a second; bytes are empty where requests did
/// not go by HTTP.
pub(super) fn render(report: &Report) -> String {
    let lines = report.scenarios.iter().flat_map(|scenario| {
        let name = &scenario.name;
        scenario.loads.iter().map(move |load| line(name, load))
    });
    std::iter::once(HEADER.to_owned()).chain(lines).collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a run has far fewer than 2^52 requests"
)]
fn line(scenario: &str, load: &LoadSummary) -> String {
    let samples = load.samples as f64;
    let per_second = |count: f64| {
        if load.seconds > 0.0 {
            count / load.seconds
        } else {
            0.0
        }
    };
    let kilobytes = |bytes: Option<u64>| {
        bytes.map_or_else(String::new, |bytes| {
            format!("{:.2}", per_second(bytes as f64 / 1024.0))
        })
    };
    let bytes = load.received.map_or_else(String::new, |bytes| {
        format!("{:.1}", bytes as f64 / samples.max(1.0))
    });
    format!(
        "{},{},{:.2},{:.2},{:.2},{:.2},{:.3}%,{:.2},{},{},{bytes}\n",
        quoted(&format!("{scenario}: {}", load.label)),
        load.samples,
        load.average(),
        load.min,
        load.max,
        load.deviation(),
        load.failed_percent(),
        per_second(samples),
        kilobytes(load.received),
        kilobytes(load.sent),
    )
}

/// As RFC 4180 has it.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Latencies;

    #[test]
    fn a_line_has_a_value_for_each_column() {
        let mut load = LoadSummary::new("service, list of \"10\"");
        let latencies = Latencies {
            count: 1_000,
            mean: 2.0,
            deviation: 0.5,
            min: 1.0,
            max: 9.0,
        };
        load.add(&latencies, 10, 4.0);
        load.received = Some(1_024_000);
        let text = line("service", &load);
        assert_eq!(
            text,
            "\"service: service, list of \"\"10\"\"\",1000,2.00,1.00,9.00,0.50,1.000%,250.00,250.00,,1024.0\n"
        );
        assert_eq!(HEADER.matches(',').count(), 10);
        assert_eq!(
            line("a", &LoadSummary::new("b")),
            "a: b,0,0.00,0.00,0.00,0.00,0.000%,0.00,,,\n"
        );
    }
}
