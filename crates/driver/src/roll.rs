//! A roll of mailboxes.

use std::sync::Arc;

use crate::mailbox::Mailbox;

/// Mailboxes in no order. Each knows its place here, so that it is found at once; it is on one roll at a time.
#[derive(Debug, Default)]
pub(crate) struct Roll(Vec<Arc<Mailbox>>);

impl Roll {
    pub(crate) fn enter(&mut self, mailbox: Arc<Mailbox>) {
        mailbox.set_place(self.0.len());
        self.0.push(mailbox);
    }

    /// Takes a mailbox off the roll, if it is on it.
    pub(crate) fn leave(&mut self, mailbox: &Arc<Mailbox>) -> bool {
        let place = mailbox.place();
        if !self.0.get(place).is_some_and(|there| Arc::ptr_eq(there, mailbox)) {
            return false;
        }
        self.0.swap_remove(place);
        if let Some(last) = self.0.get(place) {
            last.set_place(place);
        }
        true
    }

    /// All that are on the roll.
    pub(crate) fn mailboxes(&self) -> Vec<Arc<Mailbox>> {
        self.0.clone()
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leaves_is_found_and_the_others_stay() {
        let mailboxes: Vec<_> = (0..100).map(|_| Arc::new(Mailbox::default())).collect();
        let (mut roll, mut other) = (Roll::default(), Roll::default());
        for mailbox in &mailboxes {
            roll.enter(Arc::clone(mailbox));
        }
        other.enter(Arc::new(Mailbox::default()));
        let mut left = mailboxes;
        // First from the front, then from the back, then in between.
        while !left.is_empty() {
            let place = [0, left.len() - 1, left.len() / 2][left.len() % 3];
            let mailbox = left.swap_remove(place);
            assert!(!other.leave(&mailbox), "it is not on that roll");
            assert!(roll.leave(&mailbox));
            assert!(!roll.leave(&mailbox), "it has left");
            assert_eq!(Arc::strong_count(&mailbox), 1);
            assert_eq!((roll.len(), roll.is_empty()), (left.len(), left.is_empty()));
            assert!(left.iter().all(|mailbox| Arc::strong_count(mailbox) == 2));
        }
        assert_eq!(other.mailboxes().len(), 1);
    }
}
