// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCall

/// What is asked on the system bus.
enum LoginProbes {
  static func logout(within limit: Duration) -> LogoutFinding {
    guard let questions = try? BusQuestions.system(within: limit) else {
      return LogoutFinding(lingers: nil, mayLinger: .unknown("there is no system bus"), hasSystemBus: false)
    }
    let user = try? questions.ask(
      LoginName.service, LoginName.path, LoginName.manager, "GetUser", .uint32(getuid())
    ).first?.asObjectPath
    let properties = user.flatMap { $0 }.flatMap { try? questions.properties(LoginName.service, $0, LoginName.user) }
    return LogoutFinding(
      lingers: properties?["Linger"]?.asBool, mayLinger: permission("set-self-linger", questions, within: limit))
  }

  static func sleep(within limit: Duration) -> SleepFinding {
    guard let questions = try? BusQuestions.system(within: limit),
      (try? questions.properties(LoginName.service, LoginName.path, LoginName.manager)) != nil
    else { return SleepFinding(hasLoginManager: false, blocking: .no, delaying: .no) }
    return SleepFinding(
      hasLoginManager: true, blocking: permission("inhibit-block-sleep", questions, within: limit),
      delaying: permission("inhibit-delay-sleep", questions, within: limit))
  }

  /// What policy lets the user's manager do, and with it the daemon.
  private static func permission(_ action: String, _ questions: BusQuestions, within limit: Duration) -> Authorization {
    if getuid() == 0 { return .yes }
    let manager = try? BusQuestions.session(within: limit).process(of: SystemdName.service)
    let subject: BusValue = .structure([
      .string("unix-process"),
      .dictionary([
        "pid": .uint32(manager.flatMap { $0 } ?? UInt32(getpid())),
        // polkit looks when it began, and whose it is.
        "start-time": .uint64(0),
        "uid": .int32(Int32(bitPattern: getuid())),
      ]),
    ])
    let name = "org.freedesktop.PolicyKit1"
    do throws(CallsError) {
      let answer = try questions.ask(
        name, "/org/freedesktop/PolicyKit1/Authority", name + ".Authority", "CheckAuthorization", subject,
        .string("org.freedesktop.login1." + action), .stringDictionary([:]), .uint32(0), .string("")
      ).first?.asStructure
      if answer?.first?.asBool == true { return .yes }
      return answer?.dropFirst().first?.asBool == true ? .asked : .no
    } catch {
      return .unknown(ManagerProbes.words(error))
    }
  }
}
