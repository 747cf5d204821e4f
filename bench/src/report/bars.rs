//! Bars of a figure and its comparator.

use crate::figure::Figure;
use crate::spread::Spread;
use crate::text::number;

/// Height of a bar's picture; its width is a hundred, and the page stretches it.
const HEIGHT: f64 = 12.0;

/// A figure's bar, and its comparator's below it on the same scale. A figure that is not compared has no bar.
pub(super) fn bars(figure: &Figure) -> String {
    let unit = &figure.unit;
    let Some(other) = &figure.comparator else {
        return format!("<p class=\"alone\">{}</p>", numbers(&figure.value, unit));
    };
    let scale = figure.value.high.max(other.value.high);
    let ours = row("ours", "Tenantry", &figure.value, unit, scale);
    let theirs = row("theirs", &other.name, &other.value, unit, scale);
    format!("<div class=\"bars\">{ours}{theirs}</div>")
}

fn row(class: &str, name: &str, value: &Spread, unit: &str, scale: f64) -> String {
    format!(
        "<span class=\"name\">{}</span>{}{}",
        escape(name),
        picture(class, value, scale),
        numbers(value, unit)
    )
}

fn numbers(value: &Spread, unit: &str) -> String {
    format!(
        "<span class=\"number\"><b>{}</b> {}{}</span>",
        number(value.median),
        escape(unit),
        around(value)
    )
}

/// The bar reaches to the median, the line over it from the least round to the most.
fn picture(class: &str, value: &Spread, scale: f64) -> String {
    let place = |value: f64| {
        let part = if scale > 0.0 { value / scale * 100.0 } else { 0.0 };
        part.clamp(0.0, 100.0)
    };
    let (low, high) = (place(value.low), place(value.high));
    let whisker = if value.rounds > 1 {
        format!(
            "<rect class=\"whisker\" x=\"{low:.2}\" y=\"5\" width=\"{:.2}\" height=\"2\"/>",
            (high - low).max(0.3)
        )
    } else {
        String::new()
    };
    format!(
        "<svg viewBox=\"0 0 100 {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\">\
         <rect class=\"{class}\" width=\"{:.2}\" height=\"{HEIGHT}\"/>{whisker}</svg>",
        number(value.median),
        place(value.median)
    )
}

fn around(value: &Spread) -> String {
    if value.rounds > 1 {
        format!(" <small>{} … {}</small>", number(value.low), number(value.high))
    } else {
        String::new()
    }
}

/// Text that stands in HTML as it is.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_on_one_scale() {
        let figure = Figure::compared("rate", "/s", &[50.0], "other", &[100.0]);
        let bars = bars(&figure);
        assert!(bars.contains("class=\"ours\" width=\"50.00\""), "{bars}");
        assert!(bars.contains("class=\"theirs\" width=\"100.00\""), "{bars}");
    }

    #[test]
    fn nothing_measured_draws_nothing() {
        let bars = bars(&Figure::compared("errors", "", &[0.0], "other", &[0.0]));
        assert!(bars.contains("width=\"0.00\""), "{bars}");
    }

    #[test]
    fn names_are_text() {
        assert_eq!(
            escape("Mutex<HashMap<_, \"a\">> & b"),
            "Mutex&lt;HashMap&lt;_, &quot;a&quot;&gt;&gt; &amp; b"
        );
    }
}
