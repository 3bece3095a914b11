//! The `mock-tac` program: arguments in, exit code out.

mod arguments;

use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use mock_tac::{Settings, pages};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use sink::fault::{self, FaultBoard, FaultFileError, FlawedTls, Protocol};
use sink::listener::{self, Reach};
use sink::{Books, ListenError, Store, TestAuthority, WebLimits, certificate, program};
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

use arguments::{Arguments, Security};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .init();
    match start(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With standard error closed there is nobody left to tell.
            let _ = writeln!(io::stderr(), "mock-tac: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

fn exit_code(error: &anyhow::Error) -> u8 {
    let of_listening = error.downcast_ref().map(ListenError::exit_code);
    let of_faults = error.downcast_ref().map(FaultFileError::exit_code);
    of_listening.or(of_faults).unwrap_or(1)
}

fn start(arguments: &Arguments) -> anyhow::Result<()> {
    raise_open_files_limit();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(serve(arguments))
}

async fn serve(arguments: &Arguments) -> anyhow::Result<()> {
    let reach = if arguments.allow_remote {
        Reach::Anyone
    } else {
        Reach::Loopback
    };
    let signal = program::shutdown_signal().context("cannot listen for signals")?;
    let listener = listener::bind(arguments.listen, reach)?;
    let address = listener.local_addr().context("cannot tell the address")?;
    let web = program::bind_web(arguments.web, reach)?;
    let settings = settings(arguments, address.ip().to_string())?;
    let books = Arc::new(Books::default());
    let (stop_web, web_stopped) = oneshot::channel::<()>();
    if let Some(web) = web {
        let pages = pages(Arc::clone(&books), &settings);
        tokio::spawn(sink::web::serve(web, pages, WebLimits::default(), async {
            // Ends when the sender is dropped, too.
            let _ = web_stopped.await;
        }));
    }
    settings.faults.start(tokio::time::Instant::now());
    program::announce(address).context("cannot write to standard output")?;
    let totals = mock_tac::run(listener, settings, books, signal).await;
    drop(stop_web);
    writeln!(io::stdout(), "{totals}").context("cannot write to standard output")
}

fn settings(arguments: &Arguments, host: String) -> anyhow::Result<Settings> {
    let (tls, faults) = tls(arguments, host)?;
    if let Some(path) = &arguments.fault {
        fault::read_file(path, &faults)?;
    }
    let store = match &arguments.store {
        Some(directory) => Some(Arc::new(Store::open(
            directory,
            "xml",
            arguments.store_limit,
        )?)),
        None => None,
    };
    Ok(Settings {
        tls,
        faults: Arc::new(faults),
        paths: arguments.paths(),
        ten_kb: arguments.ten_kb,
        store,
        ..Settings::default()
    })
}

/// How connections are secured, and what can go wrong with that.
fn tls(
    arguments: &Arguments,
    host: String,
) -> anyhow::Result<(Option<Arc<rustls::ServerConfig>>, FaultBoard)> {
    let faults = FaultBoard::new(Protocol::Https, arguments.seed);
    Ok(match arguments.security() {
        Security::Plain => (None, faults),
        Security::Own { chain, key } => {
            let read = |path| fs::read(path).with_context(|| format!("cannot read {path}"));
            let config = certificate::server_config_from_pem(&read(chain)?, &read(key)?)?;
            (Some(config), faults.with_foreign_tls())
        }
        Security::Generated { authority_out } => {
            let authority = TestAuthority::generate()?;
            if let Some(path) = authority_out {
                fs::write(path, authority.pem()).with_context(|| format!("cannot write {path}"))?;
            }
            let names = vec![host];
            let config = authority.server_config(&names)?;
            let flawed = FlawedTls::new(Arc::new(authority), names);
            (Some(config), faults.with_tls(flawed))
        }
    })
}

/// A fleet opens more connections than the usual soft limit allows files; the hard limit is what
/// the operator meant.
fn raise_open_files_limit() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // Without the raise the sink works, with fewer connections.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
