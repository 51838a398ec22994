// The Vercel AI SDK with its own telemetry, and a mock model, so that it runs offline and without a key.
//
//     cd examples/vercel-ai-sdk && npm install && npm start
//
// It sends to http://localhost:8001 unless OTEL_EXPORTER_OTLP_ENDPOINT says otherwise. In Next.js, put the provider
// into instrumentation.ts; what makes the spans is `experimental_telemetry` on each call.

import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { simulateReadableStream, stepCountIs, streamText, tool } from "ai";
import { MockLanguageModelV3 } from "ai/test";
import { z } from "zod";

process.env.OTEL_EXPORTER_OTLP_ENDPOINT ??= "http://localhost:8001";

const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ "service.name": "order-support" }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())], // posts to ENDPOINT/v1/traces
});
provider.register();

// Stands for `openai("gpt-4o-mini")`: it first asks for the tool, then answers from the tool's result.
const finish = (unified, input, output) => ({
  type: "finish",
  finishReason: { unified, raw: unified },
  usage: {
    inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: output, text: output, reasoning: 0 },
  },
});
const replies = [
  [
    { type: "tool-call", toolCallId: "call_1", toolName: "lookupOrder", input: '{"orderId":"A-1042"}' },
    finish("tool-calls", 96, 18),
  ],
  [
    { type: "text-start", id: "1" },
    ...["Order A-1042 ", "has shipped ", "and arrives on Thursday."].map((delta) => ({ type: "text-delta", id: "1", delta })),
    { type: "text-end", id: "1" },
    finish("stop", 131, 14),
  ],
];
const model = new MockLanguageModelV3({
  provider: "openai.chat",
  modelId: "gpt-4o-mini",
  doStream: async () => ({ stream: simulateReadableStream({ chunks: replies.shift(), chunkDelayInMs: 40 }) }),
});

const result = streamText({
  model,
  system: "You answer questions about orders. Use the tool.",
  prompt: "Where is order A-1042?",
  stopWhen: stepCountIs(3),
  tools: {
    lookupOrder: tool({
      description: "The state of an order.",
      inputSchema: z.object({ orderId: z.string() }),
      execute: async ({ orderId }) => ({ orderId, status: "shipped", eta: "Thursday" }),
    }),
  },
  experimental_telemetry: {
    isEnabled: true,
    functionId: "order-support",
    metadata: { sessionId: "chat-7", userId: "alice", tags: ["example"] },
  },
});

for await (const text of result.textStream) process.stdout.write(text);
process.stdout.write("\n");
await provider.shutdown();
