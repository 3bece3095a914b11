//! A mail server outside the runs under test, which takes everything.

use std::net::SocketAddr;

/// Serves mail at `address` until the test process ends; returns where, once somebody can connect. Port 0
/// lets the system choose.
pub(crate) fn serve_mail_at(address: SocketAddr) -> SocketAddr {
    let (told, bound) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(address).await.unwrap();
            told.send(listener.local_addr().unwrap()).unwrap();
            let books = std::sync::Arc::default();
            let settings = mock_smtp::Settings::default();
            mock_smtp::run(listener, settings, books, std::future::pending()).await
        });
    });
    bound.recv().unwrap()
}
