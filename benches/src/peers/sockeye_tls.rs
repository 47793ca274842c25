//! Sockeye with TLS: `serve` on tokio.

use sockeye::{WebSocket, server::Bind};

use super::{LIMIT, Outcome, Peer, Setup, tls};

pub const PEER: Peer =
    Peer::server("sockeye-tls", "sockeye", serve).over_tls().relative_to("raw-tls");

fn serve(setup: Setup) -> Outcome {
    let config = tls::config()?;
    tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?.block_on(
        async {
            let bind = Bind::listener(setup.listener);
            let server = sockeye::serve(bind, echo).max_size(LIMIT).tls(config).await?;
            std::future::pending::<()>().await;
            server.close().await;
            Ok(())
        },
    )
}

async fn echo(mut socket: WebSocket) -> Outcome {
    while let Some(message) = socket.next().await? {
        socket.feed(message).await?;
    }
    Ok(())
}
