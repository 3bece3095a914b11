//! What the command prints: transcripts of `fleet`, with its exit codes.

#[test]
fn the_command_prints_what_its_transcripts_say() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}
