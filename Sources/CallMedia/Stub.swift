#if SIP
public struct SoundDevice { public var direction: MediaEvent.Direction; public var name, description: String; public var isDefault: Bool }
extension CallMedia {
  public func use(microphone: String?, speaker: String?) {}
  public static func devices() -> [SoundDevice] { [] }
}
#endif
