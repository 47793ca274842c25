#![forbid(unsafe_code)]
//! The client that the Autobahn suite examines: `autobahn_client --runtime NAME URL AGENT`.

use std::{error::Error, process::ExitCode};

use sockeye::{
    DeflateConfig,
    async_std::AsyncStd,
    connection::{Sockets, WebSocket},
    smol::Smol,
    tokio::Tokio,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let played = match words[..] {
        ["--runtime", "tokio", url, agent] => on_tokio(url, agent),
        ["--runtime", "async-std", url, agent] => {
            async_std::task::block_on(play::<AsyncStd>(url, agent))
        }
        ["--runtime", "smol", url, agent] => smol::block_on(play::<Smol>(url, agent)),
        _ => Err("usage: autobahn_client --runtime tokio|async-std|smol URL AGENT".into()),
    };
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn on_tokio(url: &str, agent: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(play::<Tokio>(url, agent))
}

/// Goes through all cases, and asks for the report.
async fn play<R: Sockets>(url: &str, agent: &str) -> Result<()> {
    let mut count = connect::<R>(&format!("{url}/getCaseCount")).await?;
    let cases: u32 = count.recv().await?.as_text().unwrap_or_default().parse()?;
    count.close().await?;
    for case in 1..=cases {
        let mut ws = connect::<R>(&format!("{url}/runCase?case={case}&agent={agent}")).await?;
        // However the case ends, it is the suite that judges.
        let _ = echo(&mut ws).await;
    }
    connect::<R>(&format!("{url}/updateReports?agent={agent}")).await?.close().await?;
    Ok(())
}

async fn connect<R: Sockets>(url: &str) -> Result<WebSocket<R::Stream, R>> {
    let connect =
        sockeye::client::connect::<R, _>(url).max_size(LIMIT).compression(DeflateConfig::default());
    Ok(connect.await?)
}

async fn echo<R: Sockets>(
    ws: &mut WebSocket<R::Stream, R>,
) -> std::result::Result<(), sockeye::Error> {
    while let Some(message) = ws.next().await? {
        ws.feed(message).await?;
    }
    Ok(())
}

/// Cases 9.1.6 and 9.2.6 send 16 MiB.
const LIMIT: usize = 64 << 20;
