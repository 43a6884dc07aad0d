// SPDX-License-Identifier: Apache-2.0
import Glibc
import Systemd

/// The unit of the service manager that a session runs in.
@EventLoopActor
final class SessionUnit {
  /// How it is stopped.
  enum Way {
    /// By the service manager, in its time.
    case job
    /// By a signal to all that runs in it, at once.
    case signal(Int32)

    /// The signal that is sent first.
    var number: Int32 { if case .signal(let number) = self { number } else { SIGTERM } }
  }

  enum Problem {
    /// There is no such unit.
    case isGone
    case failed(String)
  }

  private let name: String
  private let manager: ServiceManager
  private var removal: BusSlot?
  /// Counts the engines, so that what is heard late of one is not taken for its successor's.
  private var generation = 0

  init(_ name: String, of manager: ServiceManager) { (self.name, self.manager) = (name, manager) }

  /// `gone` is called when the service manager removes it, unless another engine is expected by then.
  func watch(_ gone: @escaping @EventLoopActor () -> Void) throws(BusError) {
    removal = try manager.onRemoval(of: name) { [generation, weak self] in
      if self?.generation == generation { gone() }
    }
  }

  func stopWatching() { removal = nil }

  /// From now on nothing counts that is heard of the engine so far.
  func expectAnother() { generation += 1 }

  /// Begins to stop it. `failed` is told what keeps it from that; of an engine that was, nothing.
  func stop(by way: Way, _ failed: @escaping @EventLoopActor (Problem) -> Void) {
    EventLoopActor.task { [name, manager, generation, weak self] in
      do throws(BusError) {
        switch way {
        case .job: try await manager.stop(name)
        case .signal(let signal): try await manager.kill(name, signal: signal)
        }
      } catch  where error.name == BusError.noSuchUnit {
        if self?.generation == generation { failed(.isGone) }
      } catch {
        failed(.failed("cannot \(way.number == SIGKILL ? "kill" : "stop") \(name): \(error)"))
      }
    }
  }
}
