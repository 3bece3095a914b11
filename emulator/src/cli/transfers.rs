//! Files that commands read and write, wherever they are: on the device, on a server that is a table of
//! the fleet, or on a real one, for which the session waits ([`crate::transfer`]).

use std::sync::Arc;

use super::{
    Waiting,
    call::{Call, Next},
};
use crate::{
    device::files::{FileUrl, WhyNot},
    output::Output,
    transfer::{Asker, Errand, Transfer},
};

/// Goes on with the bytes of the file at `url`, announced as devices announce what they load from a
/// server; refuses the command where the file is not opened.
pub(crate) fn load(
    call: &mut Call<'_>,
    url: FileUrl,
    then: impl FnOnce(&mut Call<'_>, Arc<[u8]>) -> Next + Send + Sync + 'static,
) -> Next {
    read(call, url, |call, url, bytes| {
        if let Some(host) = url.host() {
            let interfaces = &call.device.model().platform.interfaces;
            let interface = interfaces.first().cloned().unwrap_or_default();
            let path = url.path();
            call.print(&format!("Loading {path} from {host} (via {interface}): !"));
            call.print(&format!("[OK - {} bytes]", bytes.len()));
        }
        then(call, bytes)
    })
}

/// The same without a word.
pub(crate) fn read(
    call: &mut Call<'_>,
    url: FileUrl,
    then: impl FnOnce(&mut Call<'_>, &FileUrl, Arc<[u8]>) -> Next + Send + Sync + 'static,
) -> Next {
    let go_on = |call: &mut Call<'_>, url: &FileUrl, result: Result<Arc<[u8]>, WhyNot>| match result
    {
        Ok(bytes) => then(call, url, bytes),
        Err(why) => call.refuse(&url.not_opened(why).to_string()),
    };
    if call.device.reaches(&url) {
        return transfer(call, url, Errand::Fetch, go_on);
    }
    let read = call.device.read_file(&url, 0).map_err(|error| error.why);
    go_on(call, &url, read)
}

/// Writes `bytes` to `url`, in the place of what was there, and goes on; refuses the command where that
/// is not possible.
pub(crate) fn write(
    call: &mut Call<'_>,
    url: FileUrl,
    bytes: Arc<[u8]>,
    then: impl FnOnce(&mut Call<'_>) -> Next + Send + Sync + 'static,
) -> Next {
    let go_on = |call: &mut Call<'_>, url: &FileUrl, result: Result<Arc<[u8]>, WhyNot>| match result
    {
        Ok(_) => then(call),
        Err(why) => call.refuse(&url.not_opened(why).to_string()),
    };
    if call.device.reaches(&url) && url.is_writable() {
        return transfer(call, url, Errand::Store(bytes), go_on);
    }
    let written = call.device.write_file(call.now, &url, bytes);
    let written = written.map(|()| Arc::default()).map_err(|error| error.why);
    go_on(call, &url, written)
}

fn transfer(
    call: &mut Call<'_>,
    url: FileUrl,
    errand: Errand,
    then: impl FnOnce(&mut Call<'_>, &FileUrl, Result<Arc<[u8]>, WhyNot>) -> Next
    + Send
    + Sync
    + 'static,
) -> Next {
    let id = call.terminal.next_transfer();
    call.outputs.push(Output::Transfer(Transfer {
        asker: Asker::Session(id),
        url: url.clone(),
        errand,
    }));
    Next::Wait(Waiting::for_transfer(id, move |call, result| {
        then(call, &url, result)
    }))
}
