// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import Systemd

/// A process that somebody wants to be kept as a call, and may.
@EventLoopActor
struct AdoptionRequest {
  let handle: ProcessHandle
  let identity: ProcessIdentity
  /// Its program's.
  let name: String
  /// The session that it is a part of, or was until that let it go.
  let session: String?
  /// Its unit, where that is a snap's.
  private let snapUnit: String?
  /// The option that it was given by.
  let option: String

  /// nil where the launch names no process.
  init?(_ request: LaunchRequest) throws(CallRefusal) {
    if let number = request.adoptPID {
      try self.init(Self.open(number), Int32(bitPattern: number), LaunchOption.adoptPID)
    } else if let descriptor = request.adoptPIDFD {
      let option = LaunchOption.adoptPIDFD
      let handle = try Self.take(descriptor.raw)
      let number = handle.number
      guard number > 0, !handle.hasEnded else {
        throw .invalidOption(
          option, number == 0 ? "its process is not visible from here" : "its process has exited")
      }
      try self.init(handle, number, option)
    } else {
      return nil
    }
  }

  private init(_ handle: ProcessHandle, _ number: Int32, _ option: String) throws(CallRefusal) {
    guard let status = ProcessStatus(of: number) else { throw Self.ended(number, option) }
    guard status.process == number else { throw Self.isThread(number, of: status.process, option) }
    guard !ProcessStatus.ancestry(of: getpid()).contains(number) else {
      throw .notPermitted("the process \(number) (\(Self.shown(status))) keeps the calls, so it cannot be a call")
    }
    guard status.belongs(to: getuid()) else {
      throw .notPermitted(
        "the process \(number) (\(Self.shown(status))) belongs to another user, or may change to one; you can adopt only your own processes"
      )
    }
    // What was read of the number was this process's as long as that has not ended.
    guard !handle.hasEnded else { throw Self.ended(number, option) }
    self.handle = handle
    self.option = option
    identity = ProcessIdentity(pid: number, status)
    name = Self.shown(status)
    session = status.session
    snapUnit = status.snapUnit
  }

  /// Whether it may be moved to a unit of its own.
  /// - Parameter caller: what the process would be taken for if it called.
  func check(moving caller: Caller) throws(CallRefusal) {
    let sandbox = Permission(caller: caller).owner
    guard let place = snapUnit ?? (sandbox?.kind == .snap ? sandbox?.application : nil) else { return }
    // The kernel asks the control group which devices a process may use.
    throw .notSupported(
      "the process \(identity.pid) (\(name)) belongs to a snap (\(DisplayText(place))), and would escape its device filter in a unit "
        + "of its own; launch the call by “uri”, or run the program outside the snap"
    )
  }

  private static func open(_ number: UInt32) throws(CallRefusal) -> ProcessHandle {
    let option = LaunchOption.adoptPID
    guard let process = Int32(exactly: number), process > 0 else {
      throw .invalidOption(option, "\(number) is not a process ID")
    }
    do throws(SystemError) { return try ProcessHandle(of: process) } catch {
      if let status = ProcessStatus(of: process), status.process != process {
        throw isThread(process, of: status.process, option)
      }
      guard error.errno == ESRCH else { throw .limitReached("cannot adopt the process \(process): \(error)") }
      throw .invalidOption(option, "there is no process with the ID \(process)")
    }
  }

  private static func take(_ descriptor: Int32) throws(CallRefusal) -> ProcessHandle {
    guard ProcessHandle.isProcess(descriptor) else {
      throw .invalidOption(LaunchOption.adoptPIDFD, "it is not a process descriptor; get one with pidfd_open(2)")
    }
    do throws(SystemError) { return try ProcessHandle.duplicate(descriptor) } catch {
      throw .limitReached("cannot adopt the process: \(error)")
    }
  }

  private static func ended(_ number: Int32, _ option: String) -> CallRefusal {
    .invalidOption(option, "the process \(number) has exited")
  }

  private static func isThread(_ number: Int32, of process: Int32, _ option: String) -> CallRefusal {
    .invalidOption(option, "\(number) is a thread of the process \(process); give the ID of that process")
  }

  private static func shown(_ status: ProcessStatus) -> String { DisplayText(status.name).description }
}
