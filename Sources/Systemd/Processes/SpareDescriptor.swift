// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Two reserved descriptors, for what must not fail when no descriptor is free.
@EventLoopActor
public enum SpareDescriptor {
  private static var descriptors: [Int32] = []

  /// Reserves them. Call this while descriptors are available.
  public static func hold() {
    while descriptors.count < 2 {
      let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return }
      descriptors.append(descriptor)
    }
  }

  /// Frees them for `body`, which opens at most two descriptors at a time, and closes them.
  public static func use<T, E>(_ body: () throws(E) -> T) throws(E) -> T {
    guard !descriptors.isEmpty else { return try body() }
    for descriptor in descriptors { close(descriptor) }
    descriptors = []
    defer { hold() }
    return try body()
  }
}
