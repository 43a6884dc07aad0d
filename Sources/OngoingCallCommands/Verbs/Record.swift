// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Record: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Start or stop recording a call to a file.", subcommands: [RecordStart.self, RecordStop.self])
}

struct RecordStart: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Record both sides of a call to a new file.",
    discussion: """
      The file's name must end in .wav, or in .ogg for Opus. Only you can read the file, and an existing file is never \
      overwritten. The call must be joined. Waits until the recording has started. The recording stops with “record \
      stop”, when the call ends, and when the file can no longer be written; “watch” shows this. While it lasts, the \
      notification says “recording”.

      The other people in the call are not told. In many countries the law requires you to tell them, or to ask them.
      """)

  @Argument(help: "The file to create.", completion: .file())
  var file: String
  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    guard !file.isEmpty else { throw CommandFailure.usage("the file's name is empty") }
    let path = ProgramLookup.absolute(file, in: file.hasPrefix("/") ? "/" : try CallerEnvironment.currentDirectory())
    let id = try choose(session.id, with: client)
    try client.tell(id) { () throws(CallsError) in try client.ask(.startRecording(path, id)) }
    try common.hint("ongoingcallctl: the other people in the call are not told that you record it")
    return Answer("\(id) is being recorded to \(shown(path))", session: client.afterwards(id, state: .joined))
  }
}

struct RecordStop: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "Stop recording a call.", discussion: "Waits until the file is complete.")

  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let id = try choose(session.id, with: client)
    let file = try client.existing(id).recording
    try client.tell(id) { () throws(CallsError) in try client.ask(.stopRecording(id)) }
    let what = file.isEmpty ? "is not being recorded" : "is no longer being recorded; the file is \(shown(file))"
    return Answer("\(id) \(what)", session: client.afterwards(id, state: .joined))
  }
}
