FROM node:22-alpine AS manifests
WORKDIR /app
COPY package.json package-lock.json ./
COPY libs/nestjs-drain/package.json libs/nestjs-drain/
COPY libs/nestjs-drain-resume/package.json libs/nestjs-drain-resume/
COPY libs/nestjs-drain-client/package.json libs/nestjs-drain-client/
COPY libs/nestjs-drain-cli/package.json libs/nestjs-drain-cli/

FROM manifests AS build
RUN npm ci --ignore-scripts
COPY tsconfig*.json ./
COPY libs libs
COPY src src
RUN npm run build --workspace nestjs-drain-resume --workspace nestjs-drain-client --workspace nestjs-drain \
  && npm run build:service

# What the service needs at run time: not the toolchain, not the command line's dependencies.
FROM manifests AS dependencies
RUN npm ci --ignore-scripts --omit=dev --workspace nestjs-drain --workspace nestjs-drain-resume \
  --workspace nestjs-drain-client --include-workspace-root

FROM node:22-alpine
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/libs/nestjs-drain/package.json libs/nestjs-drain/
COPY --from=build /app/libs/nestjs-drain/dist libs/nestjs-drain/dist
COPY --from=build /app/libs/nestjs-drain/pre-stop.js libs/nestjs-drain/
COPY --from=build /app/libs/nestjs-drain-resume/package.json libs/nestjs-drain-resume/
COPY --from=build /app/libs/nestjs-drain-resume/dist libs/nestjs-drain-resume/dist
COPY --from=build /app/libs/nestjs-drain-client/package.json libs/nestjs-drain-client/
COPY --from=build /app/libs/nestjs-drain-client/dist libs/nestjs-drain-client/dist
COPY --from=build /app/package.json ./
COPY --from=build /app/dist dist
COPY --from=build /app/src/chat/page src/chat/page
USER 1000:1000
EXPOSE 8001
# node is PID 1 and gets SIGTERM itself: a shell or npm in between would not pass it on.
ENTRYPOINT ["node", "dist/main.js"]
