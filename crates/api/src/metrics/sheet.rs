//! Writing families of samples that exist for one scrape only.

use std::fmt;

use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;

/// One line: labels and value.
pub(super) struct Sample {
    labels: Vec<(&'static str, String)>,
    value: f64,
}

impl Sample {
    pub(super) fn plain(value: f64) -> Self {
        Self { labels: Vec::new(), value }
    }

    pub(super) fn labelled<const N: usize>(
        labels: [(&'static str, String); N],
        value: impl Into<f64>,
    ) -> Self {
        Self { labels: labels.into(), value: value.into() }
    }
}

/// What the families are written on.
pub(super) struct Sheet<'a>(pub(super) DescriptorEncoder<'a>);

impl Sheet<'_> {
    /// A family of gauges; nothing at all without a sample.
    pub(super) fn gauge(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = Sample>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Gauge, samples)
    }

    /// A counter that somebody else counts; its name ends in `_total`.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.family(name, help, MetricType::Counter, [Sample::plain(value as f64)])
    }

    /// Counters of devices; the name ends in `_total`.
    pub(super) fn counters(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = Sample>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Counter, samples)
    }

    fn family(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        samples: impl IntoIterator<Item = Sample>,
    ) -> fmt::Result {
        let mut samples = samples.into_iter().peekable();
        if samples.peek().is_none() {
            return Ok(());
        }
        let mut encoder = self.0.encode_descriptor(name, help, None, kind)?;
        for Sample { labels, value } in samples {
            if labels.is_empty() {
                encoder.encode_gauge(&value)?;
            } else {
                encoder.encode_family(&labels)?.encode_gauge(&value)?;
            }
        }
        Ok(())
    }
}
