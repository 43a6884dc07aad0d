// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import Glibc
import OngoingCall

/// Asks the engines' programs for the sound devices that there are.
enum SoundDevices {
  /// As long as the engine channel gives a program.
  static let usualTime: Duration = .seconds(5)
  private static let maximumBytes = 1 << 20
  private static let maximumDevices = 1000

  /// - Parameter name: of the engine; nil is every one that has a list.
  static func all(of name: String?, within time: Duration) throws(CommandFailure) -> [SoundDevice] {
    let engines = FileProbes.engines(ManagerProbes.environment(within: time)).engines
    let asked = engines.filter { $0.devices == true && (name == nil || $0.name == name) }
    guard !asked.isEmpty else { throw nobodyToAsk(name, engines) }
    var devices: [SoundDevice] = []
    for engine in asked { devices += try list(engine, until: Deadline(in: time)) }
    return devices
  }

  private static func nobodyToAsk(_ name: String?, _ engines: [EngineDescriptor]) -> CommandFailure {
    guard let name else {
      return CommandFailure(
        .failure, "no-devices", "no installed engine lists sound devices",
        remedy: "see which engines are installed: ongoingcallctl doctor")
    }
    guard engines.contains(where: { $0.name == name }) else {
      let names = engines.map(\.name).sorted().joined(separator: ", ")
      return .usage(
        "no engine “\(shown(name, limit: 40))” is installed", remedy: "installed: \(names.isEmpty ? "none" : names)")
    }
    return CommandFailure(.failure, "no-devices", "the engine “\(name)” does not list sound devices")
  }

  private static func list(_ engine: EngineDescriptor, until deadline: Deadline) throws(CommandFailure) -> [SoundDevice]
  {
    // A descriptor's command is never empty.
    let program = engine.command[0]
    func failure(_ why: String, status: ExitStatus = .failure) -> CommandFailure {
      CommandFailure(
        status, status == .timedOut ? "timed-out" : "no-devices",
        "cannot list the sound devices: “\(program) --devices” \(why)")
    }
    let (output, problem) = (try Pipe(), try Pipe())
    defer { for end in [output.reading, problem.reading] { close(end) } }
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    let streams = [STDIN_FILENO: nothing, STDOUT_FILENO: output.writing, STDERR_FILENO: problem.writing]
    let child = Result<ChildProcess, ChildProcess.SpawnFailure> { () throws(ChildProcess.SpawnFailure) in
      try ChildProcess([program, "--devices"], streams: streams)
    }
    for end in [output.writing, problem.writing, nothing] where end >= 0 { close(end) }
    guard case .success(let child) = child else {
      if case .failure(let error) = child { throw failure("cannot be run: \(error.text)") }
      throw failure("cannot be run")
    }
    let said = try? Pipe.read([output, problem], until: deadline, limit: maximumBytes)
    if said == nil { kill(child.id, SIGKILL) }
    let status = child.wait()
    guard let said else { throw failure("took too long, or printed too much", status: .timedOut) }
    guard status == 0 else {
      let words = said[1].split(separator: UInt8(ascii: "\n")).first.map { String(decoding: $0, as: UTF8.self) }
      throw failure(words.map { "failed: \(shown($0))" } ?? "failed with exit status \(status)")
    }
    let lines = said[0].split(separator: UInt8(ascii: "\n"))
    return Array(lines.lazy.compactMap { SoundDevice($0, engine: engine.name) }.prefix(maximumDevices))
  }

  /// Of a shell: the names, with their descriptions where it shows such.
  static func completion(of direction: SoundDevice.Direction) -> CompletionKind {
    .custom { _, _, _ in
      let devices = (try? all(of: nil, within: .seconds(2))) ?? []
      let shell = CompletionShell.requesting
      return ["default"]
        + devices.filter { $0.direction == direction }.map { device in
          let (name, words) = (shown(device.name), shown(device.description, limit: 60))
          return switch shell {
          case .zsh?: name.replacing(":", with: "\\:") + ":" + words
          case .fish?: name + "\t" + words
          default: name
          }
        }
    }
  }
}
