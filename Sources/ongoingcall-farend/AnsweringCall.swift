// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import CLinphone
  import Glibc
  import SIPCore

  /// One incoming call, from INVITE to its release.
  final class AnsweringCall {
    let reference: CallReference
    private let number: Int
    private let options: FarEndOptions
    private let tap: RTPTap
    private var isTapped = false
    private(set) var isAnswered = false
    private(set) var isReleased = false
    private var isReplaced = false
    private var isEnded = false
    /// Answered, and not ended: somebody here is in it, or believes so.
    var isUp: Bool { isAnswered && !isEnded }
    private var endedHere = false
    private var lastTag = ""
    private var nextLook: Int64 = 0
    private let arrivedAt = Clock.nanoseconds()
    private var answeredAt: Int64?

    init(
      _ reference: CallReference, number: Int, options: FarEndOptions, tap: RTPTap,
      replaces old: AnsweringCall?
    ) {
      self.reference = linphone_call_ref(reference)
      (self.number, self.options, self.tap) = (number, options, tap)
      old?.isReplaced = true
      lastTag = callerTag
      let remote = linphone_address_as_string_uri_only(linphone_call_get_remote_address(reference))
      defer { bctbx_free(remote) }
      EventOutput.write(
        "incoming",
        [
          "call": .number(Int64(number)), "tag": .text(lastTag),
          "from": remote.map { .text(String(cString: $0)) },
          "replaces": old.map { .number(Int64($0.number)) },
        ])
    }

    deinit { linphone_call_unref(reference) }

    /// What is due now.
    func act() {
      guard !isEnded else { return }
      let now = Clock.nanoseconds()
      noticeReplacement(at: now)
      if let answeredAt {
        if let limit = options.hangUpAfter, now - answeredAt >= Int64(limit) * 1_000_000 { hangUp() }
      } else if let status = options.reject {
        reject(with: status)
      } else if !options.ringOnly, now - arrivedAt >= Int64(options.answerAfter) * 1_000_000 {
        answer()
      }
    }

    /// Where a caller takes its own call up again (INVITE with Replaces), liblinphone goes on with the same object and
    /// says nothing; but the caller's tag is another.
    private func noticeReplacement(at now: Int64) {
      guard now >= nextLook else { return }
      nextLook = now + 100_000_000
      let tag = callerTag
      guard tag != lastTag else { return }
      event("replaced", ["tag": .text(tag)])
      lastTag = tag
    }

    private var callerTag: String {
      guard let remote = linphone_call_get_remote_params(reference),
        let header = linphone_call_params_get_custom_header(remote, "From")
      else { return lastTag }
      let parameters = String(cString: header).split(separator: ";")
      return parameters.first { $0.hasPrefix("tag=") }.map { String($0.dropFirst(4)) } ?? lastTag
    }

    func hangUp() {
      guard !isEnded else { return }
      endedHere = true
      linphone_call_terminate(reference)
    }

    func hold(_ held: Bool) {
      _ = held ? linphone_call_pause(reference) : linphone_call_resume(reference)
    }

    func changed(to state: LinphoneCallState) {
      if !isTapped { isTapped = tap.attach(to: reference) }
      switch state {
      case LinphoneCallStateIncomingReceived: event("ringing")
      case LinphoneCallStateStreamsRunning:
        answered()
        event("running", ["tapped": .flag(isTapped)])
      case LinphoneCallStateConnected: answered()
      case LinphoneCallStatePaused: event("held")
      case LinphoneCallStatePausedByRemote: event("held-by-caller")
      case LinphoneCallStateEnd, LinphoneCallStateError: ended()
      case LinphoneCallStateReleased:
        ended()
        isReleased = true
      default: break
      }
    }

    private func answered() {
      guard !isAnswered else { return }
      isAnswered = true
      answeredAt = Clock.nanoseconds()
      event("answered")
    }

    private func answer() {
      let state = linphone_call_get_state(reference)
      guard state == LinphoneCallStateIncomingReceived else { return }
      linphone_call_accept(reference)
    }

    private func reject(with status: Int32) {
      endedHere = true
      let error = linphone_factory_create_error_info(linphone_factory_get())
      let (reason, phrase) = Self.meaning(of: status)
      linphone_error_info_set(error, "SIP", reason, status, phrase, nil)
      linphone_call_decline_with_error_info(reference, error)
      linphone_error_info_unref(error)
    }

    private func ended() {
      guard !isEnded else { return }
      isEnded = true
      let by = isReplaced ? "replacement" : endedHere ? "far-end" : "caller"
      let name = isAnswered ? "bye" : endedHere ? "rejected" : "cancelled"
      let length = answeredAt.map { (Clock.nanoseconds() - $0) / 1_000_000 }
      event(name, ["by": .text(by), "duration-ms": length.map { .number($0) }])
    }

    private func event(_ name: String, _ details: KeyValuePairs<String, EventOutput.Value?> = [:]) {
      EventOutput.write(name, [(key: "call", value: .number(Int64(number)))] + details)
    }

    private static func meaning(of status: Int32) -> (LinphoneReason, String) {
      switch status {
      case 401: (LinphoneReasonUnauthorized, "Unauthorized")
      case 403: (LinphoneReasonForbidden, "Forbidden")
      case 404: (LinphoneReasonNotFound, "Not found")
      case 410: (LinphoneReasonGone, "Gone")
      case 480: (LinphoneReasonTemporarilyUnavailable, "Temporarily unavailable")
      case 486: (LinphoneReasonBusy, "Busy here")
      case 488: (LinphoneReasonNotAcceptable, "Not acceptable here")
      case 600: (LinphoneReasonDoNotDisturb, "Busy everywhere")
      case 603: (LinphoneReasonDeclined, "Decline")
      default: (LinphoneReasonUnknown, "Refused")
      }
    }
  }
#endif
