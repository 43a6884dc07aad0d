// SPDX-License-Identifier: Apache-2.0
import Glibc
import LinuxFiles
import OngoingCall

/// A program that this process runs and waits for.
struct ChildProcess {
  let id: pid_t

  /// - Parameters:
  ///   - arguments: the program, which is looked up in PATH, and what it is given.
  ///   - variables: of its environment, besides this process's; from now on they are this process's too.
  ///   - streams: what its standard streams are; those not named are this process's.
  init(
    _ arguments: [String], adding variables: [(String, String)] = [], streams: [Int32: Int32]
  ) throws(SpawnFailure) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in streams { posix_spawn_file_actions_adddup2(&actions, descriptor, number) }
    for (name, value) in variables { setenv(name, value, 1) }
    var words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var id: pid_t = 0
    let result = posix_spawnp(&id, arguments[0], &actions, nil, &words, environ)
    guard result == 0 else { throw SpawnFailure(code: result) }
    self.id = id
  }

  struct SpawnFailure: Error {
    var code: Int32
    var text: String { String(cString: strerror(code)) }
  }

  /// Waits for its end; its exit status, or 128 plus the number of the signal that killed it.
  func wait() -> Int32 {
    var status: Int32 = 0
    guard retryOnInterrupt({ waitpid(id, &status, 0) }) >= 0 else { return -1 }
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
  }
}

/// A pipe whose ends only this process has, until it gives one away.
struct Pipe {
  let reading: Int32
  let writing: Int32

  init() throws(CommandFailure) {
    guard let ends = Descriptor.pipe() else {
      throw CommandFailure(.failure, "pipe", "cannot create a pipe: \(String(cString: strerror(errno)))")
    }
    (reading, writing) = (ends.reading, ends.writing)
  }

  enum Shortfall: Error {
    case late
    case tooMuch
  }

  /// All that comes out of the pipes until they are closed, of each at most `limit` bytes.
  static func read(
    _ pipes: [Pipe], until deadline: Deadline, limit: Int
  ) throws(Shortfall) -> [[UInt8]] {
    var results = pipes.map { _ in [UInt8]() }
    var open = Set(pipes.indices)
    var buffer = [UInt8](repeating: 0, count: 16384)
    while !open.isEmpty {
      var waits = pipes.indices.map {
        pollfd(fd: open.contains($0) ? pipes[$0].reading : -1, events: Int16(POLLIN), revents: 0)
      }
      guard retryOnInterrupt({ poll(&waits, nfds_t(waits.count), deadline.milliseconds) }) > 0 else { throw .late }
      for index in open where waits[index].revents != 0 {
        let count = retryOnInterrupt { Glibc.read(pipes[index].reading, &buffer, buffer.count) }
        if count > 0 { results[index] += buffer[..<count] } else { open.remove(index) }
        guard results[index].count <= limit else { throw .tooMuch }
      }
    }
    return results
  }
}
