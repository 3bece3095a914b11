//! Figures as an OTLP message: the same names, labels and values as for Prometheus.

use jiff::Timestamp;
use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value},
    metrics::v1::{
        AggregationTemporality, Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
        Summary, SummaryDataPoint, metric::Data, number_data_point::Value,
        summary_data_point::ValueAtQuantile,
    },
    resource::v1::Resource,
};

use super::{Batch, Sender};
use crate::live::figures::{self, Family, Labels, PREFIX, Points};

/// From when to when values count, in nanoseconds since 1970.
#[derive(Clone, Copy)]
struct Span {
    begun: u64,
    at: u64,
}

/// `batch` as a message from `sender`.
pub(super) fn request(sender: &Sender, batch: &Batch) -> ExportMetricsServiceRequest {
    let span = Span {
        begun: nanoseconds(sender.begun),
        // A clock that was set back makes no span that ends before it begins.
        at: nanoseconds(batch.at.max(sender.begun)),
    };
    let version = env!("CARGO_PKG_VERSION");
    let resource = [
        ("service.name", "fleet"),
        ("service.version", version),
        ("service.instance.id", &sender.instance),
        ("fleet.scenario", &sender.scenario.name),
    ];
    let families = batch.families.iter();
    let scope = InstrumentationScope {
        name: "fleet".to_owned(),
        version: version.to_owned(),
        ..InstrumentationScope::default()
    };
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(Resource {
                attributes: resource.map(|(key, text)| attribute(key, text)).into(),
                ..Resource::default()
            }),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(scope),
                metrics: families.map(|family| metric(family, span)).collect(),
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    }
}

fn nanoseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_nanosecond()).unwrap_or(0)
}

fn attribute(key: &str, text: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(any_value::Value::StringValue(text.to_owned())),
        }),
        ..KeyValue::default()
    }
}

fn attributes(labels: &Labels) -> Vec<KeyValue> {
    let labels = labels.iter();
    labels.map(|(key, text)| attribute(key, text)).collect()
}

fn metric(family: &Family, span: Span) -> Metric {
    Metric {
        name: format!("{PREFIX}{}", family.name),
        description: family.help.to_owned(),
        unit: unit(family.name).to_owned(),
        data: Some(data(&family.points, span)),
        ..Metric::default()
    }
}

/// The unit that is in a name. Counts have none: given `1`, Prometheus would call a gauge a ratio.
fn unit(name: &str) -> &'static str {
    match name {
        _ if name.ends_with("_seconds") => "s",
        "sent_bytes_total" => "By",
        _ => "",
    }
}

fn data(points: &Points, span: Span) -> Data {
    match points {
        Points::Gauge(value) => Data::Gauge(Gauge {
            data_points: vec![NumberDataPoint {
                time_unix_nano: span.at,
                value: Some(Value::AsDouble(*value)),
                ..NumberDataPoint::default()
            }],
        }),
        Points::Counter(points) => Data::Sum(Sum {
            data_points: points.iter().map(|own| count(own, span)).collect(),
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
            is_monotonic: true,
        }),
        Points::Summary(points) => Data::Summary(Summary {
            data_points: points.iter().map(|own| summary(own, span)).collect(),
        }),
    }
}

fn count((labels, count): &(Labels, u64), span: Span) -> NumberDataPoint {
    NumberDataPoint {
        attributes: attributes(labels),
        start_time_unix_nano: span.begun,
        time_unix_nano: span.at,
        value: Some(Value::AsInt(i64::try_from(*count).unwrap_or(i64::MAX))),
        ..NumberDataPoint::default()
    }
}

fn summary((labels, own): &(Labels, figures::Summary), span: Span) -> SummaryDataPoint {
    let quantiles = own.quantiles.iter();
    SummaryDataPoint {
        attributes: attributes(labels),
        start_time_unix_nano: span.begun,
        time_unix_nano: span.at,
        count: own.count,
        sum: own.sum,
        quantile_values: quantiles
            .map(|(quantile, value)| ValueAtQuantile {
                quantile: *quantile,
                value: *value,
            })
            .collect(),
        ..SummaryDataPoint::default()
    }
}
