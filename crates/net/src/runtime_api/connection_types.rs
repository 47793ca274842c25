//! The aliases of connections, their halves and their messages.

/// Defines an alias of each generic type of the crate `sockeye-connection`, with the runtime filled in. Part of
/// [`runtime_api!`](crate::runtime_api), with the same arguments.
///
/// The page of a type alias shows no methods without JavaScript. So each alias has an example and a table of the methods.
#[macro_export]
macro_rules! connection_types {
    ($runtime:ty, $facade:literal, $module:literal) => {
        /// A WebSocket connection over the stream `S`.
        ///
        /// The default for `S` is the stream of a connection that `connect` or `serve` has opened. This is an alias of the
        /// generic type [`WebSocket`](sockeye_connection::WebSocket), whose page describes control frames, deadlines,
        /// cancel safety and dropping.
        ///
        /// # Examples
        ///
        /// ```no_run
        #[doc = concat!("use ", $facade, "::WebSocket;")]
        ///
        /// # async fn example() -> Result<(), sockeye::Error> {
        #[doc = concat!("let mut ws: WebSocket = ", $facade, "::connect(\"ws://localhost:8765\").await?;")]
        /// ws.send("Hello").await?;
        /// while let Some(message) = ws.next().await? {
        ///     println!("{message:?}");
        /// }
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Methods
        ///
        /// | method | purpose |
        /// | --- | --- |
        /// | [`recv`](sockeye_connection::WebSocket::recv) | receives a message; every end of the connection is an error |
        /// | [`next`](sockeye_connection::WebSocket::next) | receives a message; `None` after a normal closure |
        /// | [`poll_next_message`](sockeye_connection::WebSocket::poll_next_message) | the poll form of `next` |
        /// | [`recv_stream`](sockeye_connection::WebSocket::recv_stream) | receives a message in parts |
        /// | [`send`](sockeye_connection::WebSocket::send) | sends a message |
        /// | [`feed`](sockeye_connection::WebSocket::feed) | queues a message, to be written with others |
        /// | [`flush`](sockeye_connection::WebSocket::flush) | writes all queued bytes |
        /// | [`send_stream`](sockeye_connection::WebSocket::send_stream) | sends a message in parts |
        /// | [`ping`](sockeye_connection::WebSocket::ping) | sends a ping; returns a future for the pong |
        /// | [`pong`](sockeye_connection::WebSocket::pong) | sends an unsolicited pong |
        /// | [`close`](sockeye_connection::WebSocket::close) | closes the connection with 1000 |
        /// | [`close_with`](sockeye_connection::WebSocket::close_with) | closes the connection with a code and a reason |
        /// | [`closed`](sockeye_connection::WebSocket::closed) | waits until the peer ends the connection, and discards messages |
        /// | [`abort`](sockeye_connection::WebSocket::abort) | ends the connection without a closing handshake |
        /// | [`start_close`](sockeye_connection::WebSocket::start_close) | queues a close frame |
        /// | [`poll_closed`](sockeye_connection::WebSocket::poll_closed) | polls for the end of the connection |
        /// | [`split`](sockeye_connection::WebSocket::split) | splits the connection into a sender and a receiver |
        /// | [`state`](sockeye_connection::WebSocket::state) | the state of the connection |
        /// | [`outcome`](sockeye_connection::WebSocket::outcome) | the close frames and the failure, if any |
        /// | [`latency`](sockeye_connection::WebSocket::latency) | the round-trip time of the last answered ping |
        /// | [`buffered`](sockeye_connection::WebSocket::buffered) | the number of queued bytes |
        /// | [`subprotocol`](sockeye_connection::WebSocket::subprotocol) | the negotiated subprotocol |
        /// | [`request`](sockeye_connection::WebSocket::request) | the request of the opening handshake |
        /// | [`response`](sockeye_connection::WebSocket::response) | the response of the opening handshake |
        /// | [`is_compressed`](sockeye_connection::WebSocket::is_compressed) | whether compression was negotiated |
        /// | [`local_addr`](sockeye_connection::WebSocket::local_addr) | the local TCP address |
        /// | [`peer_addr`](sockeye_connection::WebSocket::peer_addr) | the TCP address of the peer |
        /// | [`get_ref`](sockeye_connection::WebSocket::get_ref) | the stream |
        /// | [`get_mut`](sockeye_connection::WebSocket::get_mut) | the stream, for changing its options |
        /// | [`into_inner`](sockeye_connection::WebSocket::into_inner) | ends the connection and returns the stream |
        /// | [`from_upgraded`](sockeye_connection::WebSocket::from_upgraded) | opens a connection after a handshake elsewhere |
        /// | [`set_commands`](sockeye_connection::WebSocket::set_commands) | attaches a command queue |
        pub type WebSocket<S = Stream> = ::sockeye_connection::WebSocket<S, $runtime>;

        /// The sending half of a connection. It can be cloned and used in any number of tasks.
        ///
        /// This is an alias of the generic type [`Sender`](sockeye_connection::Sender).
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("use ", $facade, "::{Sender, WebSocket};")]
        ///
        /// async fn greet(ws: WebSocket) -> Result<(), sockeye::Error> {
        ///     let (sender, mut receiver) = ws.split();
        ///     let other: Sender = sender.clone();
        ///     other.send("Hello").await?;
        ///     sender.close().await?;
        ///     receiver.next().await?;
        ///     Ok(())
        /// }
        /// ```
        ///
        /// # Methods
        ///
        /// | method | purpose |
        /// | --- | --- |
        /// | [`send`](sockeye_connection::Sender::send) | sends a message |
        /// | [`feed`](sockeye_connection::Sender::feed) | queues a message, to be written with others |
        /// | [`try_send`](sockeye_connection::Sender::try_send) | sends a message without waiting, or fails |
        /// | [`flush`](sockeye_connection::Sender::flush) | writes all queued bytes |
        /// | [`send_stream`](sockeye_connection::Sender::send_stream) | sends a message in parts |
        /// | [`ping`](sockeye_connection::Sender::ping) | sends a ping; returns a future for the pong |
        /// | [`pong`](sockeye_connection::Sender::pong) | sends an unsolicited pong |
        /// | [`close`](sockeye_connection::Sender::close) | sends a close frame with 1000 |
        /// | [`close_with`](sockeye_connection::Sender::close_with) | sends a close frame with a code and a reason |
        /// | [`abort`](sockeye_connection::Sender::abort) | ends the connection without a closing handshake |
        /// | [`state`](sockeye_connection::Sender::state) | the state of the connection |
        /// | [`outcome`](sockeye_connection::Sender::outcome) | the close frames and the failure, if any |
        /// | [`latency`](sockeye_connection::Sender::latency) | the round-trip time of the last answered ping |
        /// | [`buffered`](sockeye_connection::Sender::buffered) | the number of queued bytes |
        /// | [`subprotocol`](sockeye_connection::Sender::subprotocol) | the negotiated subprotocol |
        /// | [`request`](sockeye_connection::Sender::request) | the request of the opening handshake |
        /// | [`response`](sockeye_connection::Sender::response) | the response of the opening handshake |
        /// | [`is_compressed`](sockeye_connection::Sender::is_compressed) | whether compression was negotiated |
        /// | [`local_addr`](sockeye_connection::Sender::local_addr) | the local TCP address |
        /// | [`peer_addr`](sockeye_connection::Sender::peer_addr) | the TCP address of the peer |
        pub type Sender<S = Stream> = ::sockeye_connection::Sender<S, $runtime>;

        /// The receiving half of a connection.
        ///
        /// This is an alias of the generic type [`Receiver`](sockeye_connection::Receiver).
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("use ", $facade, "::Receiver;")]
        ///
        /// async fn print_all(mut receiver: Receiver) -> Result<(), sockeye::Error> {
        ///     while let Some(message) = receiver.next().await? {
        ///         println!("{message:?}");
        ///     }
        ///     Ok(())
        /// }
        /// ```
        ///
        /// # Methods
        ///
        /// | method | purpose |
        /// | --- | --- |
        /// | [`recv`](sockeye_connection::Receiver::recv) | receives a message; every end of the connection is an error |
        /// | [`next`](sockeye_connection::Receiver::next) | receives a message; `None` after a normal closure |
        /// | [`poll_next_message`](sockeye_connection::Receiver::poll_next_message) | the poll form of `next` |
        /// | [`recv_stream`](sockeye_connection::Receiver::recv_stream) | receives a message in parts |
        /// | [`reunite`](sockeye_connection::Receiver::reunite) | joins both halves into a connection |
        /// | [`state`](sockeye_connection::Receiver::state) | the state of the connection |
        /// | [`outcome`](sockeye_connection::Receiver::outcome) | the close frames and the failure, if any |
        /// | [`latency`](sockeye_connection::Receiver::latency) | the round-trip time of the last answered ping |
        /// | [`subprotocol`](sockeye_connection::Receiver::subprotocol) | the negotiated subprotocol |
        /// | [`request`](sockeye_connection::Receiver::request) | the request of the opening handshake |
        /// | [`response`](sockeye_connection::Receiver::response) | the response of the opening handshake |
        /// | [`is_compressed`](sockeye_connection::Receiver::is_compressed) | whether compression was negotiated |
        /// | [`local_addr`](sockeye_connection::Receiver::local_addr) | the local TCP address |
        /// | [`peer_addr`](sockeye_connection::Receiver::peer_addr) | the TCP address of the peer |
        pub type Receiver<S = Stream> = ::sockeye_connection::Receiver<S, $runtime>;

        /// A message that is received in parts. Created by [`recv_stream`](sockeye_connection::WebSocket::recv_stream).
        ///
        /// This is an alias of the generic type [`MessageReader`](sockeye_connection::MessageReader).
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("use ", $module, "::{MessageReader, WebSocket};")]
        ///
        /// async fn size(ws: &mut WebSocket) -> Result<usize, sockeye::Error> {
        ///     let mut reader: MessageReader<'_> = ws.recv_stream().await?;
        ///     let mut size = 0;
        ///     while let Some(chunk) = reader.chunk().await? {
        ///         size += chunk.len();
        ///     }
        ///     Ok(size)
        /// }
        /// ```
        ///
        /// # Methods
        ///
        /// | method | purpose |
        /// | --- | --- |
        /// | [`chunk`](sockeye_connection::MessageReader::chunk) | receives the next part; `None` after the end |
        /// | [`kind`](sockeye_connection::MessageReader::kind) | whether the message is text or binary |
        pub type MessageReader<'a, S = Stream> = ::sockeye_connection::MessageReader<'a, S, $runtime>;

        /// A message that is sent in parts. Created by [`send_stream`](sockeye_connection::WebSocket::send_stream).
        ///
        /// This is an alias of the generic type [`MessageWriter`](sockeye_connection::MessageWriter).
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("use ", $module, "::{MessageWriter, WebSocket};")]
        /// use sockeye::MessageKind;
        ///
        /// async fn count(ws: &mut WebSocket) -> Result<(), sockeye::Error> {
        ///     let mut writer: MessageWriter<'_> = ws.send_stream(MessageKind::Text).await?;
        ///     for number in 1..=3 {
        ///         writer.write(format!("{number}\n")).await?;
        ///     }
        ///     writer.finish().await
        /// }
        /// ```
        ///
        /// # Methods
        ///
        /// | method | purpose |
        /// | --- | --- |
        /// | [`write`](sockeye_connection::MessageWriter::write) | sends the next part |
        /// | [`finish`](sockeye_connection::MessageWriter::finish) | ends the message |
        /// | [`finish_with`](sockeye_connection::MessageWriter::finish_with) | sends the last part and ends the message |
        pub type MessageWriter<'a, S = Stream> = ::sockeye_connection::MessageWriter<'a, S, $runtime>;

        /// A future that receives until the pong of a ping arrives. Returned by
        /// [`ping`](sockeye_connection::WebSocket::ping).
        ///
        /// This is an alias of the generic type [`PongFutureMut`](sockeye_connection::PongFutureMut).
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("use ", $facade, "::WebSocket;")]
        ///
        /// async fn measure(ws: &mut WebSocket) -> Result<(), sockeye::Error> {
        ///     let pong = ws.ping("").await?;
        ///     println!("{:?}", pong.await?);
        ///     Ok(())
        /// }
        /// ```
        pub type PongFutureMut<'a, S = Stream> = ::sockeye_connection::PongFutureMut<'a, S, $runtime>;
    };
}
