//! Arrivals folded onto one period of the devices' schedules.

use maud::{Markup, html};

use super::{
    frame::{Across, Frame},
    page::picture,
    scale::{Scale, TimeUnit},
};
use crate::report::{
    data::{Herd, PARTS},
    numbers::number,
};

/// The picture of `herd`.
pub(crate) fn draw(herd: &Herd) -> Markup {
    let unit = TimeUnit::for_length(herd.period_s);
    let length = herd.period_s / unit.seconds;
    let ticks: Vec<(f64, String)> = if herd.from_midnight {
        let hours = (0..=8_u8).map(|number| number * 3);
        hours
            .map(|hour| (f64::from(hour) / 24.0, format!("{hour:02}:00")))
            .collect()
    } else {
        let all = Scale::linear(length, 8).ticks(8).into_iter();
        all.filter(|tick| *tick <= length * (1.0 + 1e-6))
            .map(|tick| (tick / length, number(tick)))
            .collect()
    };
    let title = if herd.from_midnight {
        "time of day on the devices' clocks".to_owned()
    } else {
        format!(
            "device time since the start, modulo {} {}",
            number(length),
            unit.name
        )
    };
    let fullest = herd.parts.iter().max().copied().unwrap_or(0);
    let all: u64 = herd.parts.iter().sum();
    let across = Across::Named(ticks, title);
    let frame = Frame::over(across, Scale::counts(fullest as f64, 5), "messages");
    let what = if herd.scheduled_only {
        "inventory and configuration messages"
    } else {
        "messages"
    };
    let mean = all as f64 / PARTS as f64;
    let description = format!(
        "Of {} {what} the fullest of {PARTS} parts of the period has {}, {} times the mean.",
        number(all as f64),
        number(fullest as f64),
        number(fullest as f64 / mean)
    );
    let content = html! {
        path.surface-herd d=(bars(&frame, &herd.parts)) {}
    };
    picture(
        "herd",
        "The herd: arrivals modulo the period",
        html! { (description) " Devices that share a schedule show as a peak." },
        frame.draw(
            "herd-svg",
            "Arrivals modulo the period",
            &description,
            &content,
        ),
    )
}

fn bars(frame: &Frame, parts: &[u64]) -> String {
    let bottom = frame.y(0.0);
    let bars = parts.iter().enumerate().filter(|(_, count)| **count > 0);
    bars.map(|(at, count)| {
        let from = frame.x(at as f64 / parts.len() as f64);
        let to = frame.x((at + 1) as f64 / parts.len() as f64);
        let y = frame.y(*count as f64);
        format!("M{from:.1} {bottom:.1}V{y:.1}H{to:.1}V{bottom:.1}Z")
    })
    .collect()
}
