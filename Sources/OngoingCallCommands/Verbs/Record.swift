// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Record: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Record a call to a file, or stop that.", subcommands: [RecordStart.self, RecordStop.self])
}

struct RecordStart: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Record a call, both sides, to a new file.",
    discussion: """
      Its name ends in .wav, or in .ogg for Opus; only you can read it, and a file that is there already is not written \
      over. The call has to be joined. Returns when the recording has begun. It ends by “record stop”, with the call, and \
      where it cannot go on: “watch” shows that, and the notification says “recording” as long as it lasts.

      The others in the call are not told. In many countries the law wants that you tell them, or ask them.
      """)

  @Argument(help: "The file.", completion: .file())
  var file: String
  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    guard !file.isEmpty else { throw CommandFailure.usage("the file's name is empty") }
    let path = ProgramLookup.absolute(file, in: file.hasPrefix("/") ? "/" : try CallerEnvironment.currentDirectory())
    let id = try choose(session.id, with: client)
    try client.tell(id) { () throws(CallsError) in try client.ask(.startRecording(path, id)) }
    try common.hint("ongoingcallctl: the others in the call are not told that you record it")
    return Answer("\(id) is recorded to \(shown(path))", session: client.afterwards(id, state: .joined))
  }
}

struct RecordStop: CallCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "Stop recording a call.", discussion: "Returns when the file is whole.")

  @OptionGroup var session: SessionArgument
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    let id = try choose(session.id, with: client)
    let file = try client.existing(id).recording
    try client.tell(id) { () throws(CallsError) in try client.ask(.stopRecording(id)) }
    let what = file.isEmpty ? "is not recorded" : "is no longer recorded; the file is \(shown(file))"
    return Answer("\(id) \(what)", session: client.afterwards(id, state: .joined))
  }
}
