import BraidCore
import BraidNN
import BraidTensor

/// How one modality's steps x take in the contexts c they found: `[B, T, d]` both, and the result.
///
/// - `residual`: x + u(c);
/// - `residual-norm`: LN(x + u(c)); parameters `norm.gain`, `norm.bias`;
/// - `gru`: (1 − s) ∘ n + s ∘ x with r, s = σ(c W + b + x U + b′) and n = tanh(c W_n + b_n + r ∘ (x U_n + b′_n));
///   parameters `input.weight [d, 3d]`, `input.bias`, `recurrent.weight [d, 3d]`, `recurrent.bias`, in blocks r, s, n;
/// - `mlp`: relu([x; c] W_1 + b_1) W_2 + b_2; parameters `layers.0.weight [2d, d]`, `layers.1.weight [d, d]` and
///   biases.
///
/// u is a linear layer (`context.weight [d, d]`, `context.bias`) or, without context layer, the identity. The GRU cell
/// is PyTorch's form of Cho et al. 2014 (arXiv 1406.1078), x being the state and c the input.
public struct CoAttentionUpdate {
  /// What a step does with what it found.
  public enum Kind: String, Choice {
    /// x + u.
    case residual
    /// Layer norm of x + u.
    case residualNorm = "residual-norm"
    /// A recurrent cell, or a network of two layers, of both.
    case gru, mlp
  }

  private enum Form {
    case residual(Linear?)
    case norm(Linear?, gain: Parameter, bias: Parameter)
    case gru(input: Linear, recurrent: Linear)
    case mlp(MLP)
  }
  private let form: Form
  private let width: Int

  init(_ kind: Kind, _ width: Int, contextLayer: Bool, in scope: Scope) {
    self.width = width
    let context =
      contextLayer && (kind == .residual || kind == .residualNorm) ? Linear(width, width, in: scope["context"]) : nil
    switch kind {
    case .residual: form = .residual(context)
    case .residualNorm:
      let norm = scope["norm"]
      form = .norm(
        context, gain: norm.parameter("gain", Shape(width), .ones), bias: norm.parameter("bias", Shape(width), .zeros))
    case .gru:
      form = .gru(
        input: Linear(width, 3 * width, initializer: .glorotUniformBlocks(3), in: scope["input"]),
        recurrent: Linear(width, 3 * width, initializer: .glorotUniformBlocks(3), in: scope["recurrent"]))
    case .mlp: form = .mlp(MLP(2 * width, [width, width], last: Activation.none, in: scope))
    }
  }

  func callAsFunction(_ x: Tensor, _ c: Tensor, _ context: inout Context) -> Tensor {
    switch form {
    case .residual(let layer): return x + (layer?(c, &context) ?? c)
    case .norm(let layer, let gain, let bias):
      return layerNorm(layer?(c, &context) ?? c, context[gain] as Tensor, context[bias] as Tensor, adding: x)
    case .mlp(let layers): return layers(concatenate(Few(x, c)), &context)
    case .gru(let input, let recurrent):
      let blocks = [width, width, width]
      let from = input(c, &context).split(-1, blocks)
      let old = recurrent(x, &context).split(-1, blocks)  // [B, T, d] each
      let reset = (from[0] + old[0]).sigmoid()
      let keep = (from[1] + old[1]).sigmoid()
      let new = (from[2] + reset * old[2]).tanh()
      return new + keep * (x - new)  // (1 − keep) ∘ new + keep ∘ x
    }
  }
}
