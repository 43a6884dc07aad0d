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
        .failure, "no-devices", "no engine is installed that lists sound devices",
        remedy: "“ongoingcallctl doctor” says which engines there are")
    }
    guard engines.contains(where: { $0.name == name }) else {
      let names = engines.map(\.name).sorted().joined(separator: ", ")
      return .usage(
        "there is no engine “\(shown(name, limit: 40))”", remedy: "installed: \(names.isEmpty ? "none" : names)")
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
        "the sound devices cannot be listed: “\(program) --devices” \(why)")
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
    let said = read([output.reading, problem.reading], until: deadline)
    if said == nil { kill(child.id, SIGKILL) }
    let status = child.wait()
    guard let said else { throw failure("took too long, or said too much", status: .timedOut) }
    guard status == 0 else {
      let words = said[1].split(separator: UInt8(ascii: "\n")).first.map { String(decoding: $0, as: UTF8.self) }
      throw failure(words.map { "failed: \(shown($0))" } ?? "failed with the exit status \(status)")
    }
    let lines = said[0].split(separator: UInt8(ascii: "\n"))
    return Array(lines.lazy.compactMap { SoundDevice($0, engine: engine.name) }.prefix(maximumDevices))
  }

  /// All that comes out of the pipes; nil where it is too much, or they are not closed in time.
  private static func read(_ pipes: [Int32], until deadline: Deadline) -> [[UInt8]]? {
    var results = pipes.map { _ in [UInt8]() }
    var open = Set(pipes.indices)
    var buffer = [UInt8](repeating: 0, count: 16384)
    while !open.isEmpty {
      var waits = pipes.indices.map {
        pollfd(fd: open.contains($0) ? pipes[$0] : -1, events: Int16(POLLIN), revents: 0)
      }
      let ready = poll(&waits, nfds_t(waits.count), deadline.milliseconds)
      if ready < 0, errno == EINTR { continue }
      guard ready > 0 else { return nil }
      for index in open where waits[index].revents != 0 {
        let count = Glibc.read(pipes[index], &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          open.remove(index)
          continue
        }
        guard results[index].count + count <= maximumBytes else { return nil }
        results[index] += buffer[..<count]
      }
    }
    return results
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
