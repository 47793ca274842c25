#![forbid(unsafe_code)]
//! Plays scenarios against a peer's echo server: `interop_client --runtime NAME [--compression] URL`.
//!
//! `tests/interop/README.md` describes its output and the server that it expects.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use sockeye::connection::{Io, Sockets, WebSocket};
use sockeye::{CloseCode, DeflateConfig, Message, MessageKind};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (runtime, compression, url) = match words[..] {
        ["--runtime", runtime, "--compression", url] => (runtime, true, url),
        ["--runtime", runtime, url] => (runtime, false, url),
        _ => {
            eprintln!("usage: interop_client --runtime NAME [--compression] URL");
            return ExitCode::FAILURE;
        }
    };
    match runtime {
        "tokio" => {
            let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let play = play(compression, async || {
                let connect = sockeye::tokio::connect(url).max_size(LIMIT);
                let connect = if compression {
                    connect.compression(DeflateConfig::default())
                } else {
                    connect
                };
                connect.await
            });
            tokio.expect("the system has a socket for a poller").block_on(play);
        }
        "async-std" => async_std::task::block_on(play(compression, async || {
            let connect = sockeye::async_std::connect(url).max_size(LIMIT);
            let connect =
                if compression { connect.compression(DeflateConfig::default()) } else { connect };
            connect.await
        })),
        "smol" => smol::block_on(play(compression, async || {
            let connect = sockeye::smol::connect(url).max_size(LIMIT);
            let connect =
                if compression { connect.compression(DeflateConfig::default()) } else { connect };
            connect.await
        })),
        _ => {
            eprintln!("there is no runtime {runtime}");
            return ExitCode::FAILURE;
        }
    }
    println!("done");
    ExitCode::SUCCESS
}

const LIMIT: usize = 4 << 20;

/// Plays every scenario on a connection of its own.
async fn play<S, R>(
    compression: bool,
    open: impl AsyncFn() -> std::result::Result<WebSocket<S, R>, sockeye::Error>,
) where
    S: Unpin,
    R: Sockets + Io<S>,
{
    for name in SCENARIOS {
        let played = async {
            let mut ws = open().await?;
            same(&ws.is_compressed(), &compression)?;
            scenario(name, &mut ws).await
        };
        match played.await {
            Ok(()) => println!("ok {name}"),
            Err(error) => println!("FAIL {name}: {error}"),
        }
    }
}

const SCENARIOS: [&str; 15] = [
    "text",
    "empty_text",
    "empty_binary",
    "multibyte_text",
    "binary",
    "large_text",
    "large_binary",
    "sent_in_fragments",
    "received_in_fragments",
    "a_thousand_messages",
    "our_ping",
    "the_servers_ping",
    "our_close",
    "our_close_with_an_own_code",
    "the_servers_close",
];

async fn scenario<S, R>(name: &str, ws: &mut WebSocket<S, R>) -> Result<()>
where
    S: Unpin,
    R: Sockets + Io<S>,
{
    match name {
        "text" => echoes(ws, "Hello, Server!").await?,
        "empty_text" => {
            echoes(ws, "").await?;
            echoes(ws, "after").await?;
        }
        "empty_binary" => {
            echoes(ws, Vec::new()).await?;
            echoes(ws, b"after".to_vec()).await?;
        }
        "multibyte_text" => echoes(ws, "κόσμε, 世界, 𝄞, \u{10ffff}").await?,
        "binary" => echoes(ws, (0..=255).collect::<Vec<u8>>()).await?,
        "large_text" => echoes(ws, "0123456789".repeat(10_000)).await?,
        "large_binary" => echoes(ws, noise(300_000)).await?,
        "sent_in_fragments" => {
            let mut writer = ws.send_stream(MessageKind::Text).await?;
            for piece in ["one, ", "two, ", "three"] {
                writer.write(piece).await?;
            }
            writer.finish().await?;
            same(&ws.recv().await?, &Message::from("one, two, three"))?;
        }
        "received_in_fragments" => {
            ws.send("fragments").await?;
            same(&ws.recv().await?, &Message::from("one, two, three"))?;
        }
        "a_thousand_messages" => {
            for number in 0..1000 {
                ws.feed(format!("message {number}")).await?;
            }
            ws.flush().await?;
            for number in 0..1000 {
                same(&ws.recv().await?, &Message::from(format!("message {number}")))?;
            }
        }
        "our_ping" => {
            let latency = ws.ping("payload").await?.await?;
            same(&(latency < Duration::from_secs(10)), &true)?;
        }
        "the_servers_ping" => {
            ws.send("ping").await?;
            same(&ws.recv().await?, &Message::from("pong seen"))?;
        }
        "our_close" => closes(ws, CloseCode::NORMAL, "").await?,
        "our_close_with_an_own_code" => closes(ws, CloseCode::from(4001), "mine ✓").await?,
        "the_servers_close" => {
            ws.send("close 4002 until next time").await?;
            match ws.recv().await {
                Err(sockeye::Error::ConnectionClosed(closed)) => {
                    same(&closed.code(), &Some(CloseCode::from(4002)))?;
                    same(&closed.reason(), &Some("until next time"))?;
                }
                other => return Err(format!("got {other:?} in place of its close frame").into()),
            }
        }
        _ => return Err("there is no such scenario".into()),
    }
    Ok(())
}

async fn echoes<S, R>(ws: &mut WebSocket<S, R>, message: impl Into<Message>) -> Result<()>
where
    S: Unpin,
    R: Sockets + Io<S>,
{
    let message = message.into();
    ws.send(message.clone()).await?;
    same(&ws.recv().await?, &message)
}

async fn closes<S, R>(ws: &mut WebSocket<S, R>, code: CloseCode, reason: &str) -> Result<()>
where
    S: Unpin,
    R: Sockets + Io<S>,
{
    ws.close_with(code, reason).await?;
    let outcome = ws.outcome();
    same(&outcome.code(), &Some(code))?;
    same(&outcome.rcvd_then_sent, &Some(false))
}

/// Bytes that do not compress.
fn noise(length: usize) -> Vec<u8> {
    let step = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let states = std::iter::successors(Some(1_u32), step);
    states.map(|state| state.to_be_bytes()[0]).take(length).collect()
}

fn same<T: PartialEq + std::fmt::Debug>(got: &T, wanted: &T) -> Result<()> {
    if got == wanted {
        return Ok(());
    }
    Err(format!("got {:.80}, wanted {:.80}", format!("{got:?}"), format!("{wanted:?}")).into())
}
