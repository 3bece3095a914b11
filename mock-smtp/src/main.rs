//! The `mock-smtp` program: arguments in, totals and exit code out.

mod arguments;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use mock_smtp::{Settings, Tls};
use sink::fault::{self, FaultBoard, FaultFileError, FlawedTls, Protocol};
use sink::{
    Books, ListenError, Pages, Store, TestAuthority, Totals, WebLimits, listener, program, web,
};
use tracing_subscriber::EnvFilter;

use arguments::Arguments;

/// What is logged to standard error unless `RUST_LOG` says otherwise.
const LOG_FILTER_DEFAULT: &str = "warn,mock_smtp=info,sink=info";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| EnvFilter::new(LOG_FILTER_DEFAULT)),
        )
        .with_writer(io::stderr)
        .init();
    match serve(arguments).and_then(|totals| Ok(writeln!(io::stdout(), "{totals}")?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

fn exit_code(error: &anyhow::Error) -> u8 {
    let of_listening = error.downcast_ref().map(ListenError::exit_code);
    let of_faults = error.downcast_ref().map(FaultFileError::exit_code);
    of_listening.or(of_faults).unwrap_or(1)
}

/// One thread: the sink is meant to stay beside the programs that load it.
#[tokio::main(flavor = "current_thread")]
async fn serve(arguments: Arguments) -> anyhow::Result<Totals> {
    let settings = settings(&arguments)?;
    let listener = listener::bind(arguments.listen, arguments.reach())?;
    let web = program::bind_web(arguments.web, arguments.reach())?;
    let shutdown = program::shutdown_signal()?;
    let books = Arc::new(Books::default());
    if let Some(web) = web {
        let pages =
            Pages::new("mock-smtp", Arc::clone(&books)).with_faults(Arc::clone(&settings.faults));
        tokio::spawn(web::serve(
            web,
            pages,
            WebLimits::default(),
            std::future::pending(),
        ));
    }
    settings.faults.start(tokio::time::Instant::now());
    program::announce(listener.local_addr()?)?;
    Ok(mock_smtp::run(listener, settings, books, shutdown).await)
}

fn settings(arguments: &Arguments) -> anyhow::Result<Settings> {
    let store = match &arguments.store {
        Some(directory) => Some(Arc::new(
            Store::open(directory, "eml", arguments.store_limit)
                .context("cannot open the store")?,
        )),
        None => None,
    };
    let (tls, faults) = tls(arguments)?;
    if let Some(path) = &arguments.fault {
        fault::read_file(path, &faults)?;
    }
    Ok(Settings {
        dialogue: arguments.dialogue(),
        tls,
        faults: Arc::new(faults),
        connections_max: arguments.connections_max(),
        idle_timeout: arguments.idle_timeout(),
        store,
        ..Settings::default()
    })
}

/// How connections are secured, and what can go wrong with that.
fn tls(arguments: &Arguments) -> anyhow::Result<(Tls, FaultBoard)> {
    let faults = FaultBoard::new(Protocol::Smtp, arguments.seed);
    if arguments.no_starttls {
        return Ok((Tls::Off, faults));
    }
    let authority = TestAuthority::generate()?;
    let config = authority.server_config(&arguments.tls_name)?;
    if let Some(path) = &arguments.ca_out {
        std::fs::write(path, authority.pem())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let tls = if arguments.tls {
        Tls::Implicit(config)
    } else {
        Tls::StartTls(config)
    };
    let flawed = FlawedTls::new(Arc::new(authority), arguments.tls_name.clone());
    Ok((tls, faults.with_tls(flawed)))
}
