/// <reference types="multer" />
