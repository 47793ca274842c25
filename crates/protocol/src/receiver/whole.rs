//! The short way of small messages in a single frame, as most are.

use bytes::Bytes;
use sockeye_frames::{WholeFrame, mask, utf8};

use super::{Delivery, Receiver, SMALL};
use crate::{Message, Text};

impl Receiver {
    /// The next thing that arrived, if it is a text in a single frame that is so short that it needs no memory, and not the
    /// last one that arrived. `None` says nothing: [`poll_whole`](Self::poll_whole) may know.
    ///
    /// It is for those who hand out many: what is returned once more is copied once more. As nothing is left to do when the
    /// text is made, it stays in registers until it is where it is wanted.
    #[expect(clippy::inline_always, reason = "what is returned once more is copied once more")]
    #[inline(always)]
    pub fn poll_short_text(&mut self) -> Option<Text> {
        let received = self.backlog.as_slice();
        let frame = WholeFrame::find_short_text(received, self.is_masked(), Text::SHORT)
            .filter(|frame| frame.end < received.len() && self.is_expected(frame))?;
        let text = self.unmasked_text(&frame)?;
        self.backlog.advance_within(frame.end);
        Some(text)
    }

    /// The next thing that arrived, if it is a small message in a single frame, as most are. `None` says nothing:
    /// [`poll_event`](Self::poll_event) knows.
    #[inline(never)]
    pub fn poll_whole(&mut self) -> Option<Message> {
        let frame = WholeFrame::find(self.backlog.as_slice(), self.is_masked())
            .filter(|frame| self.is_expected(frame))?;
        // What is not small goes piece by piece.
        if frame.end > SMALL {
            return None;
        }
        if frame.text && frame.end - frame.start <= Text::SHORT {
            let text = self.unmasked_text(&frame)?;
            self.backlog.advance(frame.end);
            return Some(Message::Text(text));
        }
        let received = &self.backlog.as_slice()[frame.start..frame.end];
        let mut payload = Vec::with_capacity(received.len());
        if self.is_masked() {
            mask::append(received, frame.key, 0, &mut payload);
        } else {
            payload.extend_from_slice(received);
        }
        if frame.text
            && let Err(error) = utf8::validate(&payload)
        {
            self.fail(error);
            return None;
        }
        self.backlog.advance(frame.end);
        let payload = Bytes::from(payload);
        Some(if frame.text {
            Message::Text(Text::validated(payload))
        } else {
            Message::Binary(payload)
        })
    }

    /// The short text in a frame at the beginning of what is there; `None` fails the connection.
    #[expect(clippy::inline_always, reason = "what is returned once more is copied once more")]
    #[inline(always)]
    fn unmasked_text(&mut self, frame: &WholeFrame) -> Option<Text> {
        let masked = &self.backlog.as_slice()[frame.start..];
        match Text::unmasked(masked, frame.end - frame.start, frame.key) {
            Ok(text) => Some(text),
            Err(error) => {
                self.fail(error);
                None
            }
        }
    }

    /// Whether a message in a single frame may come now, and be that large.
    #[inline]
    fn is_expected(&self, frame: &WholeFrame) -> bool {
        let size = (frame.end - frame.start) as u64;
        self.message.is_none()
            && self.delivery == Delivery::Whole
            && self.open
            && self.config.max_incoming_size.is_none_or(|max_size| size <= max_size)
    }
}
