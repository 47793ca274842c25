//! Joining the halves of a split connection.

use std::sync::Arc;

use sockeye_net::Runtime;

use crate::{Receiver, Sender, WebSocket};

impl<S, R: Runtime> Receiver<S, R> {
    /// Joins the two halves into a connection.
    ///
    /// # Errors
    ///
    /// Returns both halves if they belong to different connections, or if other clones of the sender exist.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(ws: sockeye::WebSocket) -> Result<(), sockeye::Error> {
    /// let (sender, receiver) = ws.split();
    /// let mut ws = receiver.reunite(sender).expect("both halves of the connection");
    /// ws.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn reunite(
        mut self,
        sender: Sender<S, R>,
    ) -> Result<WebSocket<S, R>, (Self, Sender<S, R>)> {
        if !Arc::ptr_eq(&self.shared, &sender.shared) || Arc::strong_count(&self.shared) > 2 {
            return Err((self, sender));
        }
        let Some(inbound) = self.inbound.take() else { return Err((self, sender)) };
        match self.shared.reunite(*inbound) {
            Some(inner) => Ok(WebSocket::from(inner)),
            None => Err((self, sender)),
        }
    }
}
