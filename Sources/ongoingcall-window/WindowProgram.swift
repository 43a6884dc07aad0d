// SPDX-License-Identifier: Apache-2.0
import CLinux
import CWindow
import CallModel
import CallWindow
import Glibc
import OngoingCall

/// The window: hears what happens, does what the user wants, and has the result shown.
@WindowActor
final class WindowProgram {
  private static var program: WindowProgram?

  private let follower = CallsFollower()
  private var state: WindowState
  private var widgets = Widgets()
  private var seconds = 0

  /// What `program` is for C, which gets no context.
  private static var current: WindowProgram {
    if let program { return program }
    let new = WindowProgram()
    program = new
    return new
  }

  private init() {
    state = WindowState(
      phrases: WindowPhrases { text in
        DaemonName.textDomain.withCString { domain in
          text.withCString { clinux_text(domain, $0).map { String(cString: $0) } }
        } ?? text
      })
    addActions()
    let news = follower.news
    WindowActor.task { [weak self] in
      for await item in news { self?.take(item) }
    }
  }

  private var now: Duration { ContinuousClock().systemEpoch.duration(to: .now) }

  // MARK: From C

  nonisolated static func open(_ wish: UnsafePointer<CChar>?) {
    let wish = wish.map { String(cString: $0) } ?? ""
    WindowActor.assumeIsolated { current.open(wish) }
  }

  nonisolated static func act(_ action: UnsafePointer<CChar>?, _ argument: UnsafePointer<CChar>?) {
    let (action, argument) = (action.map { String(cString: $0) } ?? "", argument.map { String(cString: $0) } ?? "")
    WindowActor.assumeIsolated { current.act(action, argument) }
  }

  nonisolated static func tick() { WindowActor.assumeIsolated { current.tick() } }

  // MARK: What happens

  private func take(_ news: CallsFollower.News) {
    state.take(news, at: now)
    show()
  }

  private func open(_ wish: String) {
    if !wish.isEmpty { choose(wish) }
    follower.look()
    show()
    cwindow_present()
  }

  /// The counters change without an event.
  private func tick() {
    seconds += 1
    if seconds % 2 == 0 { follower.look() }
    show()
  }

  private func show() { widgets.show(state.picture(at: now)) }

  private func choose(_ id: String) {
    state.choose(id)
    cwindow_set_text("leaflet", "visible-child-name", "call")
  }

  // MARK: What the user wants

  private func addActions() {
    cwindow_add_action("call", false, nil)
    cwindow_add_action("choose", true, nil)
    cwindow_add_action("back", false, "Escape")
    cwindow_add_action("mute", false, "<Control>m")
    cwindow_add_action("hold", false, "<Control>h")
    cwindow_add_action("digit", true, nil)
    cwindow_add_action("terminal", false, "<Control>t")
    cwindow_add_action("hang-up", false, "<Control>End")
    cwindow_add_action("accept", false, nil)
    cwindow_add_action("decline", false, nil)
    cwindow_add_action("close", false, "<Control>w")
  }

  private func act(_ action: String, _ argument: String) {
    let shown = state.shown(at: now)
    switch (action, shown) {
    case ("call", _): call()
    case ("choose", _):
      choose(argument)
      show()
    case ("back", _):
      state.leave()
      cwindow_set_text("leaflet", "visible-child-name", "calls")
      show()
    case ("close", _): cwindow_close()
    case ("mute", let info?): ask(.setMuted(!info.muted, info.id))
    case ("hold", let info?): ask(.setOnHold(!info.onHold, info.id))
    case ("digit", let info?): send(argument, info.id)
    case ("terminal", let info?): ask(.bringBack(to: info.id, activationToken: nil))
    case ("hang-up", let info?): ask(.hangUp(info.id))
    case ("accept", let info?): ask(.answerTransfer(true, to: info.transferRequest, info.id))
    case ("decline", let info?): ask(.answerTransfer(false, to: info.transferRequest, info.id))
    default: break
    }
  }

  private func ask<Answer>(_ question: Question<Answer>) {
    WindowActor.task { [follower] in
      do throws(CallsError) { _ = try await follower.ask(question) } catch { cwindow_toast(Self.sentence(error)) }
      follower.look()
    }
  }

  private func send(_ digit: String, _ id: String) {
    widgets.add(digit: digit)
    ask(.sendDtmf(digit, id))
  }

  private func call() {
    guard let typed = cwindow_text("address") else { return }
    defer { free(typed) }
    let text = String(cString: typed)
    refuse(nil)
    do throws(CallURI.Invalid) { _ = try CallTarget(text) } catch {
      return refuse("\(error)")
    }
    var request = LaunchRequest(address: text)
    request.call.account = state.account(at: Int(cwindow_chosen("account")))
    cwindow_enable("call", false)
    WindowActor.task { [self] in
      defer { cwindow_enable("call", true) }
      do throws(CallsError) {
        let id = try await follower.ask(.launch(request))
        cwindow_set_text("address", "text", "")
        choose(id)
        follower.look()
      } catch { refuse(Self.sentence(error)) }
    }
  }

  private func refuse(_ why: String?) {
    widgets.text("refusal", why.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." })
    cwindow_set_class("address", "error", why != nil)
    if why != nil { cwindow_focus("address") }
  }

  private static func sentence(_ error: CallsError) -> String {
    "\(DisplayText(String(error.description.prefix(1000))))" + (error.remedy.map { "; \($0)" } ?? "")
  }
}
