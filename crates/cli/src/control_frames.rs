//! Received pings and pongs, for `--show-pings`.

use std::fmt;

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::SetGlobalDefaultError,
};

use crate::output::Output;

/// Prints a line for each ping and pong that the library receives.
pub(crate) fn show(output: Output) -> Result<(), SetGlobalDefaultError> {
    tracing::subscriber::set_global_default(ControlFrames(output))
}

/// A subscriber for the events of the library about control frames.
struct ControlFrames(Output);

impl Subscriber for ControlFrames {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() == Level::TRACE && metadata.target() == "sockeye"
    }

    fn event(&self, event: &Event<'_>) {
        let mut frame = Frame::default();
        event.record(&mut frame);
        if let Frame { message, size: Some(size) } = frame {
            self.0.say(&format!("sockeye: {message} ({size} bytes)"));
        }
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// The fields of an event.
#[derive(Default)]
struct Frame {
    message: String,
    size: Option<u64>,
}

impl Visit for Frame {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "size" {
            self.size = Some(value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }
}
