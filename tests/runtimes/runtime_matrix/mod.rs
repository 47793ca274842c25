//! The programs of the documentation, and what is more, for the runtime in `super`.

use std::time::Duration;

use sockeye::{HandlerError, Server};

use super::{
    block_on, net,
    rt::{self, WebSocket},
    spawn,
};

mod about;
mod documented;
mod ends;
mod load;

const FIVE_SECONDS: Duration = Duration::from_secs(5);

async fn echo(mut ws: WebSocket) -> Result<(), HandlerError> {
    while let Some(message) = ws.next().await? {
        ws.send(message).await?;
    }
    Ok(())
}

async fn echo_server() -> Server {
    rt::serve("127.0.0.1:0", echo).await.expect("listening")
}

fn uri(server: &Server) -> String {
    format!("ws://{}/", server.local_addr())
}
