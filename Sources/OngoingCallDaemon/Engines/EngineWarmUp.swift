// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

/// An engine's program, run once before any call so that none waits for what it makes.
struct EngineWarmUp {
  private let engine: EngineDescriptor
  private let note: String

  /// - Parameter directory: where it is noted for the daemons that follow, which are not to do it again.
  init(_ engine: EngineDescriptor, noting directory: String) {
    self.engine = engine
    note = "\(directory)/warmed-up.\(engine.name)"
  }

  private static let longest = Duration.seconds(60)

  /// In a service of its own. No call is worse off where it fails, but for the first one's wait.
  @EventLoopActor
  func run(by manager: ServiceManager, _ logger: Logger) async {
    let program = Array(engine.command[0].utf8)
    guard Files.read(note) != program else { return }
    do {
      try Files.write(program, to: note)
      try await manager.startTransient("ongoingcall-warm-up-\(engine.name).service", properties)
    } catch {
      logger.debug("the engine “\(engine.name)” is not warmed up: \(error)")
    }
  }

  /// systemd.service(5), systemd.exec(5), systemd.unit(5).
  private var properties: [(String, BusValue)] {
    [
      ("Description", .string("Warm-up of the engine “\(engine.name)” for calls")),
      ("Type", .string("exec")),
      ("ExecStart", ServiceManager.execution([engine.command[0], "--warm-up"])),
      ("RuntimeMaxUSec", .uint64(UInt64(Self.longest.components.seconds) * 1_000_000)),
      // As for an engine.
      ("LogLevelMax", .int32(EngineUnit.quiet)),
      ("WorkingDirectory", .string("/")),
      ("Slice", .string("background.slice")),
      ("Nice", .int32(10)),
      ("CollectMode", .string("inactive-or-failed")),
    ]
  }
}
