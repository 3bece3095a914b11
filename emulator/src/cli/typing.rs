//! What keys do: at a prompt, below a page, and in the answer to a question.

use super::{
    After, Port, Session, State,
    call::{Answer, Dialogue, Next},
    help, interpreter,
    keys::Key,
    pager::Pager,
};

impl Session {
    /// Does what `key` means in the present state.
    pub(super) fn key(&mut self, key: Key, port: &mut Port<'_>) {
        match std::mem::replace(&mut self.state, State::Prompt) {
            State::Prompt => self.prompt_key(key, port),
            State::Paging(pager, after) => self.paging_key(key, pager, after, port),
            State::Asking(dialogue) => self.answer_key(key, dialogue, port),
            // Bytes that come meanwhile are no keys yet.
            State::Waiting(waiting) => self.state = State::Waiting(waiting),
            State::Ended => self.state = State::Ended,
        }
    }

    /// SPACE shows a page, RETURN a line, anything else stops.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whatever else is pressed stops the output"
    )]
    fn paging_key(&mut self, key: Key, mut pager: Pager, after: After, port: &mut Port<'_>) {
        Pager::erase(port.out);
        let size = self.size();
        let left = match key {
            Key::Character(' ') => pager.page(size, port.out),
            Key::Enter => pager.line(size, port.out),
            _ => false,
        };
        if left {
            self.state = State::Paging(pager, after);
        } else {
            self.go_on(after, port);
        }
    }

    fn answer_key(&mut self, key: Key, dialogue: Dialogue, port: &mut Port<'_>) {
        let ends = matches!(key, Key::Interrupt | Key::End);
        if ends {
            self.editor.clear();
            port.out.extend_from_slice(b"\r\n");
            self.go_on(After::Prompt, port);
            return;
        }
        match (dialogue.answer, key) {
            (Answer::Confirm, Key::Enter | Key::Character('y' | 'Y')) => {
                port.out.extend_from_slice(b"\r\n");
                self.answer(dialogue, "y", port);
            }
            (Answer::Confirm, Key::Character(_)) => {
                port.out.extend_from_slice(b"\r\n");
                self.answer(dialogue, "n", port);
            }
            (Answer::Line | Answer::Secret, Key::Enter) => {
                port.out.extend_from_slice(b"\r\n");
                let line = self.editor.take();
                self.answer(dialogue, &line, port);
            }
            (Answer::Line, key) => {
                self.editor.edit(key, port.out);
                self.state = State::Asking(dialogue);
            }
            (Answer::Secret, key) => {
                self.editor.edit(key, &mut Vec::new());
                self.state = State::Asking(dialogue);
            }
            (Answer::Confirm, _) => self.state = State::Asking(dialogue),
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the editor takes all other keys, and says what they do"
    )]
    fn prompt_key(&mut self, key: Key, port: &mut Port<'_>) {
        let quoted = std::mem::take(&mut self.quoting);
        match key {
            Key::Enter => {
                port.out.extend_from_slice(b"\r\n");
                let line = self.editor.take();
                self.command(&line, port);
            }
            Key::Character('?') if !quoted => self.help(port),
            Key::Tab => self.complete(port),
            Key::Quote => self.quoting = true,
            Key::Interrupt => {
                self.editor.clear();
                self.end_configuration("", port);
            }
            Key::End => {
                let line = self.editor.take();
                port.out.extend_from_slice(b"^Z");
                self.end_configuration(&line, port);
            }
            Key::Redraw => {
                port.out.extend_from_slice(b"\r\n");
                self.show_prompt(port.device, port.out);
                self.editor.show(port.out);
            }
            Key::Older => {
                if let Some(line) = self.terminal.history.older() {
                    self.editor.replace(line, port.out);
                }
            }
            Key::Newer => {
                let line = self.terminal.history.newer();
                self.editor.replace(line, port.out);
            }
            edits => self.editor.edit(edits, port.out),
        }
    }

    /// What `^C` and `^Z` do: `line` is carried out if it is a configuration command, configuration
    /// ends, and the line begins anew.
    fn end_configuration(&mut self, line: &str, port: &mut Port<'_>) {
        port.out.extend_from_slice(b"\r\n");
        let mut text = Vec::new();
        let mut next = Next::Prompt;
        if self.terminal.position.is_some() {
            let mut call = self.call(port, &mut text);
            if interpreter::is_command(line) {
                next = interpreter::run(&mut call, line);
            }
            interpreter::leave_configuration(&mut call);
        }
        self.follow(next, text, port);
    }

    fn help(&mut self, port: &mut Port<'_>) {
        let text = help::help(&self.terminal, port.device, &self.editor.before_cursor());
        port.out.extend_from_slice(b"?\r\n");
        let mut text = text.into_bytes();
        text.push(b'\n');
        // The line being typed stays in the editor and is shown again behind the list.
        self.finish(text, After::Prompt, port);
    }

    fn complete(&mut self, port: &mut Port<'_>) {
        let before = self.editor.before_cursor();
        let at_end = before.len() == self.editor.text().len();
        if let Some(line) = help::complete(&self.terminal, port.device, &before)
            && at_end
        {
            self.editor.set(&line);
        }
        port.out.extend_from_slice(b"\r\n");
        self.show_prompt(port.device, port.out);
        self.editor.show(port.out);
    }
}
