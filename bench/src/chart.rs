//! A chart's data: series over categories, such as requests a second over the number of tenants.

use serde::{Deserialize, Serialize};

use crate::spread::Spread;

/// What the report draws.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Chart {
    pub(crate) title: String,
    /// Of the values.
    pub(crate) unit: String,
    /// What the categories are.
    pub(crate) axis: String,
    pub(crate) categories: Vec<String>,
    pub(crate) series: Vec<Series>,
    pub(crate) shape: Shape,
    pub(crate) scale: Scale,
    /// A sentence below it.
    pub(crate) note: Option<String>,
}

/// One contender's values, one for each category.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) look: SeriesStyle,
    pub(crate) values: Vec<Option<Spread>>,
}

/// Colour and marker of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SeriesStyle {
    Tenantry,
    /// Tenantry, set up in another way.
    TenantryToo,
    /// What one would use instead.
    Comparator,
    /// The template's shape, or its own results.
    Template,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Shape {
    Lines,
    Bars,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scale {
    /// From zero.
    Linear,
    /// By powers of ten; zero lies on the axis.
    Logarithmic,
}

impl Chart {
    pub(crate) fn new(title: impl Into<String>, unit: &str, axis: &str, shape: Shape, scale: Scale) -> Self {
        Self {
            title: title.into(),
            unit: unit.to_owned(),
            axis: axis.to_owned(),
            categories: Vec::new(),
            series: Vec::new(),
            shape,
            scale,
            note: None,
        }
    }

    /// Names the categories.
    pub(crate) fn over(mut self, categories: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.categories = categories.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a series; what was not measured is `None`.
    pub(crate) fn series(
        mut self,
        name: impl Into<String>,
        look: SeriesStyle,
        values: impl IntoIterator<Item = Option<Spread>>,
    ) -> Self {
        self.series.push(Series {
            name: name.into(),
            look,
            values: values.into_iter().collect(),
        });
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}
