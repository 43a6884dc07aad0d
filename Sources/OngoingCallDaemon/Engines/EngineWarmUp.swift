// SPDX-License-Identifier: Apache-2.0
import CallModel
import LinuxFiles
import Logging
import Systemd

/// Runs an engine's program once before any call, so that no call waits for what the program prepares.
struct EngineWarmUp {
  private let engine: EngineDescriptor
  private let note: String

  /// - Parameter directory: where it is noted that this was done, for later daemons.
  init(_ engine: EngineDescriptor, noting directory: String) {
    self.engine = engine
    note = "\(directory)/warmed-up.\(engine.name)"
  }

  private static let longest = Duration.seconds(60)

  /// Runs in a service of its own. If it fails, only the first call has to wait.
  @EventLoopActor
  func run(by manager: ServiceManager, _ logger: Logger) async {
    let program = Array(engine.command[0].utf8)
    guard Files.read(note) != program else { return }
    do {
      try Files.write(program, to: note)
      try await manager.startTransient("ongoingcall-warm-up-\(engine.name).service", properties)
    } catch {
      logger.debug("cannot warm up the engine “\(engine.name)”: \(error)")
    }
  }

  /// systemd.service(5), systemd.exec(5), systemd.unit(5).
  private var properties: [(String, BusValue)] {
    [
      ("Description", .string("Warm-up of the engine “\(engine.name)” for calls")),
      ("Type", .string("exec")),
      ("ExecStart", ServiceManager.execution([engine.command[0], "--warm-up"])),
      ("RuntimeMaxUSec", .uint64(UInt64(Self.longest.components.seconds) * 1_000_000)),
      // As in engines' units.
      ("LogLevelMax", .int32(EngineUnit.quiet)),
      ("WorkingDirectory", .string("/")),
      ("Slice", .string("background.slice")),
      ("Nice", .int32(10)),
      ("CollectMode", .string("inactive-or-failed")),
    ]
  }
}
